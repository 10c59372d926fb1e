package s3mem

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A Config says how a server answers.
type Config struct {
	Delay time.Duration // of each answer
	Limit float64       // requests a second that are let through; 0 for all
	TLS   bool
}

// A Server answers on a port of the loopback interface until [Server.Close].
type Server struct {
	config    Config
	source    Source
	listener  net.Listener
	authority []byte // PEM
	began     time.Time
	gets      atomic.Int64

	mutex   sync.Mutex
	conns   map[net.Conn]struct{}
	closed  bool
	permits float64
	at      time.Time
	seconds []Second
	serving sync.WaitGroup
}

// A Second is what came in one second.
type Second struct{ Requests, Refused int }

// Start runs a server.
func Start(source Source, c Config) (*Server, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("start the server in memory: %w", err)
	}
	s := &Server{config: c, source: source, conns: map[net.Conn]struct{}{}, began: time.Now(), at: time.Now()}
	if c.TLS {
		certificate, authority, err := certify()
		if err != nil {
			return nil, errors.Join(err, listener.Close())
		}
		s.authority = authority
		listener = tls.NewListener(listener, &tls.Config{Certificates: []tls.Certificate{certificate}, MinVersion: tls.VersionTLS12})
	}
	s.listener = listener
	s.serving.Go(s.accept)
	return s, nil
}

// certify makes a certificate for the loopback address.
func certify() (tls.Certificate, []byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, fmt.Errorf("make a certificate: %w", err)
	}
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, authority, nil
}

// Endpoint returns the server's address as http://127.0.0.1:9000.
func (s *Server) Endpoint() string {
	if s.config.TLS {
		return "https://" + s.listener.Addr().String()
	}
	return "http://" + s.listener.Addr().String()
}

// URL returns a place in the server as plantrail takes it.
func (s *Server) URL(bucket, prefix string) string {
	return "s3://" + bucket + "/" + prefix + "?path_style=true&region=us-east-1&endpoint=" + s.Endpoint()
}

// Authority returns the certificate that a client must trust, as AWS_CA_BUNDLE
// names a file of.
func (s *Server) Authority() []byte { return s.authority }

// Gets returns how many objects were given out.
func (s *Server) Gets() int64 { return s.gets.Load() }

// Curve returns the requests of each second since the start.
func (s *Server) Curve() []Second {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return append([]Second(nil), s.seconds...)
}

// Close ends the server and its connections.
func (s *Server) Close() error {
	s.mutex.Lock()
	s.closed = true
	err := s.listener.Close()
	for c := range s.conns {
		_ = c.Close() // it is over
	}
	s.mutex.Unlock()
	s.serving.Wait()
	return err
}

func (s *Server) accept() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return // closed
		}
		s.mutex.Lock()
		if s.closed {
			_ = c.Close()
		} else {
			s.conns[c] = struct{}{}
			s.serving.Go(func() { s.serve(c) })
		}
		s.mutex.Unlock()
	}
}

// bufferSize holds a request.
const bufferSize = 16 << 10

// serve answers the requests of a connection.
func (s *Server) serve(c net.Conn) {
	defer func() {
		_ = c.Close() // as good as gone
		s.mutex.Lock()
		delete(s.conns, c)
		s.mutex.Unlock()
	}()
	in, out := make([]byte, bufferSize), make([]byte, 0, bufferSize)
	have := 0
	for {
		end := bytes.Index(in[:have], []byte("\r\n\r\n"))
		if end < 0 {
			n, err := c.Read(in[have:])
			if err != nil || have == len(in) {
				return
			}
			have += n
			continue
		}
		out = s.answer(out[:0], in[:end])
		have = copy(in, in[end+4:have])
		if s.config.Delay > 0 {
			time.Sleep(s.config.Delay)
		}
		if _, err := c.Write(out); err != nil {
			return
		}
	}
}

// burst is the part of a second whose permits add up while nobody asks.
const burst = 0.1

// refuses reports whether a request is one too many.
func (s *Server) refuses() bool {
	if s.config.Limit == 0 {
		return false
	}
	s.mutex.Lock()
	defer s.mutex.Unlock()
	now := time.Now()
	s.permits = min(s.permits+now.Sub(s.at).Seconds()*s.config.Limit, max(s.config.Limit*burst, 1))
	s.at = now
	second := int(now.Sub(s.began) / time.Second)
	for len(s.seconds) <= second {
		s.seconds = append(s.seconds, Second{})
	}
	s.seconds[second].Requests++
	if s.permits < 1 {
		s.seconds[second].Refused++
		return true
	}
	s.permits--
	return false
}
