// SPDX-License-Identifier: ISC

// A client on golang.org/x/crypto/ssh; its arguments are those of
// client_paramiko.py, but for put and get: the package has no sftp, so that
// "subsystem NAME" passes standard input and output to one.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
	"golang.org/x/term"
)

func fatal(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "client.go:", err)
		os.Exit(255)
	}
}

func connect(port, user, keyFile, known string) *ssh.Client {
	text, err := os.ReadFile(keyFile)
	fatal(err)
	key, err := ssh.ParsePrivateKey(text)
	fatal(err)
	check, err := knownhosts.New(known)
	fatal(err)
	config := &ssh.ClientConfig{
		User:            user,
		Auth:            []ssh.AuthMethod{ssh.PublicKeys(key)},
		HostKeyCallback: check,
		// Go would take the first type that the server has.
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
	}
	if _, ok := os.LookupEnv("REKEY"); ok {
		config.RekeyThreshold = 200000
	}
	client, err := ssh.Dial("tcp", "127.0.0.1:"+port, config)
	fatal(err)
	return client
}

// terminal asks for one like that on which this runs.
func terminal(session *ssh.Session) {
	columns, rows, err := term.GetSize(0)
	fatal(err)
	fatal(session.RequestPty(os.Getenv("TERM"), rows, columns,
		ssh.TerminalModes{ssh.ECHO: 1}))
}

func run(session *ssh.Session, command string) int {
	session.Stdin = os.Stdin
	session.Stdout = os.Stdout
	session.Stderr = os.Stderr
	err := session.Run(command)
	if exit, ok := err.(*ssh.ExitError); ok {
		return exit.ExitStatus()
	}
	fatal(err)
	return 0
}

func subsystem(session *ssh.Session, name string) {
	in, err := session.StdinPipe()
	fatal(err)
	out, err := session.StdoutPipe()
	fatal(err)
	fatal(session.RequestSubsystem(name))
	go func() {
		io.Copy(in, os.Stdin)
		in.Close()
	}()
	_, err = io.Copy(os.Stdout, out)
	fatal(err)
}

func forward(client *ssh.Client, address string) {
	there, err := client.Dial("tcp", address)
	fatal(err)
	first := make([]byte, 1000)
	n, err := there.Read(first)
	fatal(err)
	os.Stdout.Write(first[:n])
}

func main() {
	if len(os.Args) < 7 {
		fatal(fmt.Errorf("arguments are missing"))
	}
	client := connect(os.Args[1], os.Args[2], os.Args[3], os.Args[4])
	if os.Args[5] == "forward" {
		forward(client, os.Args[6]+":"+os.Args[7])
		return
	}
	session, err := client.NewSession()
	fatal(err)
	words := strings.Join(os.Args[6:], " ")
	switch os.Args[5] {
	case "pty":
		terminal(session)
		os.Exit(run(session, words))
	case "exec":
		os.Exit(run(session, words))
	case "subsystem":
		subsystem(session, words)
	}
}
