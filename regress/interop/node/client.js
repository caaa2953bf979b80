// SPDX-License-Identifier: ISC
//
// A client on ssh2 for Node.js; its arguments are those of client_paramiko.py.
// NODE_PATH says where ssh2 is.
'use strict';

const fs = require('fs');
const { Client } = require('ssh2');

const [port, user, key, known, verb, ...words] = process.argv.slice(2);
const keys = fs.readFileSync(known, 'latin1').trim().split('\n')
  .map((line) => line.split(' ')[2]);
const client = new Client();
let status = 255;

function done(error) {
  if (error)
    console.error(`client.js: ${error.message}`);
  else if (verb === 'put' || verb === 'get')
    status = 0;
  client.end();
}

function run(command) {
  const pty = verb === 'pty' && {
    term: process.env.TERM,
    cols: process.stdout.columns,
    rows: process.stdout.rows,
  };
  client.exec(command, { pty }, (error, channel) => {
    if (error)
      return done(error);
    process.stdin.pipe(channel);
    channel.pipe(process.stdout);
    channel.stderr.pipe(process.stderr);
    channel.on('exit', (code) => { status = code; });
    channel.on('close', () => { process.stdin.destroy(); done(); });
  });
}

function forward(host, port) {
  client.forwardOut('127.0.0.1', 1, host, Number(port), (error, channel) => {
    if (error)
      return done(error);
    channel.once('data', (data) => {
      process.stdout.write(data);
      status = 0;
      client.end();
    });
  });
}

client.on('error', done);
client.on('close', () => { process.exitCode = status; });
client.on('ready', () => {
  if (verb === 'exec' || verb === 'pty')
    return run(words.join(' '));
  if (verb === 'forward')
    return forward(...words);
  client.sftp((error, sftp) => {
    if (error)
      return done(error);
    sftp[verb === 'put' ? 'fastPut' : 'fastGet'](words[0], words[1], done);
  });
});
client.connect({
  host: '127.0.0.1',
  port,
  username: user,
  privateKey: fs.readFileSync(key),
  algorithms: { serverHostKey: ['ssh-ed25519'] },
  hostVerifier: (got) => keys.includes(got.toString('base64')),
});
