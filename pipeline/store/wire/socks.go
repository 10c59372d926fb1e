package wire

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"strconv"
)

// What SOCKS version 5 is made of, as RFC 1928 and 1929 number it.
const (
	socksVersion  = 5
	socksOpen     = 0 // no authentication
	socksPassword = 2
	socksConnect  = 1
	socksIPv4     = 1
	socksName     = 3
	socksIPv6     = 4
)

// socks asks a SOCKS proxy for a connection. It resolves the server's name
// itself, as proxies of the scheme socks5 do for Go's own client.
func (p *path) socks(conn net.Conn) error {
	methods := []byte{socksVersion, 1, socksOpen}
	if p.proxy.User != nil {
		methods = []byte{socksVersion, 2, socksOpen, socksPassword}
	}
	method, err := ask(conn, methods, 2)
	switch {
	case err != nil:
		return err
	case method[0] != socksVersion:
		return errors.New("it does not speak SOCKS 5")
	case method[1] == socksPassword && p.proxy.User != nil:
		if err := socksLogIn(conn, p.proxy.User); err != nil {
			return err
		}
	case method[1] != socksOpen:
		return errors.New("it wants another way to log in")
	}
	host, port, err := net.SplitHostPort(p.address)
	if err != nil {
		return err
	}
	number, err := strconv.ParseUint(port, 10, 16)
	if err != nil || len(host) > 255 {
		return fmt.Errorf("it cannot be asked for %s", p.address)
	}
	request := append([]byte{socksVersion, socksConnect, 0, socksName, byte(len(host))}, host...) //nolint:gosec // see above
	answer, err := ask(conn, binary.BigEndian.AppendUint16(request, uint16(number)), 5)
	if err != nil {
		return err
	}
	if answer[1] != 0 {
		return fmt.Errorf("it does not connect to %s: reason %d", p.address, answer[1])
	}
	rest := 2 // the port, after an address whose first byte was read
	switch answer[3] {
	case socksIPv4:
		rest += net.IPv4len - 1
	case socksIPv6:
		rest += net.IPv6len - 1
	case socksName:
		rest += int(answer[4])
	default:
		return errors.New("its answer is not SOCKS 5")
	}
	_, err = ask(conn, nil, rest)
	return err
}

func socksLogIn(conn net.Conn, user *url.Userinfo) error {
	name := user.Username()
	password, _ := user.Password()
	if len(name) > 255 || len(password) > 255 {
		return errors.New("its user or password is too long")
	}
	request := append([]byte{1, byte(len(name))}, name...)                                 //nolint:gosec // see above
	answer, err := ask(conn, append(append(request, byte(len(password))), password...), 2) //nolint:gosec // see above
	if err == nil && answer[1] != 0 {
		err = errors.New("it refuses the user or the password")
	}
	return err
}

// ask writes a request and reads n bytes of the answer.
func ask(conn net.Conn, request []byte, n int) ([]byte, error) {
	if _, err := conn.Write(request); err != nil {
		return nil, err
	}
	answer := make([]byte, n)
	_, err := io.ReadFull(conn, answer)
	return answer, unexpected(err)
}
