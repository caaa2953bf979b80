# SPDX-License-Identifier: ISC
"""A host made of Twisted's conch, with its own users of a Unix machine. ("twistd
conch" itself serves nobody with Python 3: it looks accounts up by bytes, and its
sftp takes the home directory for an object.)

usage: conch_host.py PORT HOSTKEY AUTHORIZED_KEYS USER PASSWORD
"""
import sys
import warnings

from twisted.conch import checkers, unix
from twisted.conch.ssh import factory, keys
from twisted.cred import portal
from twisted.cred.checkers import InMemoryUsernamePasswordDatabaseDontUse
from twisted.internet import reactor
from twisted.python import log
from zope.interface import implementer

PORT, HOSTKEY, KEYS, USER, PASSWORD = sys.argv[1:]


class Home(str):
    path = property(str)


class User(unix.UnixConchUser):
    def getHomeDir(self):
        return Home(super().getHomeDir())


@implementer(portal.IRealm)
class Realm:
    def requestAvatar(self, name, mind, *interfaces):
        user = User(name.decode())
        return interfaces[0], user, user.logout


class Host(factory.SSHFactory):
    def __init__(self):
        key = keys.Key.fromFile(HOSTKEY)
        self.publicKeys = {key.sshType(): key.public()}
        self.privateKeys = {key.sshType(): key}
        with open(KEYS, "rb") as f:
            known = [keys.Key.fromString(line) for line in f]
        self.portal = portal.Portal(Realm(), [
            checkers.SSHPublicKeyChecker(
                checkers.InMemorySSHKeyDB({USER.encode(): known})),
            InMemoryUsernamePasswordDatabaseDontUse(
                **{USER: PASSWORD.encode()})])


warnings.simplefilter("ignore")
log.startLogging(sys.stdout)
reactor.listenTCP(int(PORT), Host(), interface="127.0.0.1")
reactor.run()
