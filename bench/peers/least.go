package peers

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"fmt"
	"net"
	"net/url"
	"os"
	"strconv"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"plantrail/pipeline/store"
)

// Least gets every object of a bucket as cheaply as it can be done over a
// connection for each request in flight: a request written by hand, signed with
// one SHA-256 and one HMAC of a key that is there, one write, and one read. It
// understands nothing of the answers but their lengths, retries nothing, and
// takes no key that must be escaped.
func Least(ctx context.Context, source string, concurrency int) (int64, error) {
	u, err := store.ParseURL(source)
	if err != nil {
		return 0, fmt.Errorf("parse source: %w", err)
	}
	endpoint, err := url.Parse(u.Endpoint)
	if err != nil {
		return 0, fmt.Errorf("parse endpoint: %w", err)
	}
	keys, err := leastList(ctx, u, endpoint)
	if err != nil {
		return 0, err
	}
	var next, got atomic.Int64
	group, ctx := errgroup.WithContext(ctx)
	for range concurrency {
		group.Go(func() error {
			c, err := leastDial(ctx, endpoint)
			if err != nil {
				return err
			}
			defer c.Close() // it was only read from
			in, out := make([]byte, 64<<10), make([]byte, 0, 4<<10)
			for {
				i := int(next.Add(1)) - 1
				if i >= len(keys) {
					return nil
				}
				out = leastRequest(out[:0], endpoint.Host, "/"+u.Bucket+"/"+keys[i], "")
				if _, err := leastAsk(c, out, in); err != nil {
					return fmt.Errorf("get object %s: %w", keys[i], err)
				}
				got.Add(1)
			}
		})
	}
	err = group.Wait()
	return got.Load(), err
}

func leastDial(ctx context.Context, endpoint *url.URL) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", endpoint.Host)
	if err != nil || endpoint.Scheme != "https" {
		return c, err
	}
	roots := x509.NewCertPool()
	bundle, err := os.ReadFile(os.Getenv("AWS_CA_BUNDLE"))
	if err != nil {
		return nil, err
	}
	roots.AppendCertsFromPEM(bundle)
	return tls.Client(c, &tls.Config{ServerName: endpoint.Hostname(), RootCAs: roots, MinVersion: tls.VersionTLS12}), nil
}

const leastHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

// leastRequest appends a signed request.
func leastRequest(out []byte, host, path, query string) []byte {
	date := time.Now().UTC().Format("20060102T150405Z")
	scope := date[:8] + "/us-east-1/s3/aws4_request"
	canonical := make([]byte, 0, 512)
	canonical = append(append(append(append(canonical, "GET\n"...), path...), '\n'), query...)
	canonical = append(append(canonical, "\nhost:"...), host...)
	canonical = append(append(canonical, "\nx-amz-content-sha256:"+leastHash+"\nx-amz-date:"...), date...)
	canonical = append(canonical, "\n\nhost;x-amz-content-sha256;x-amz-date\n"+leastHash...)
	hash := sha256.Sum256(canonical)
	mac := hmac.New(sha256.New, []byte("a key that is there"))
	mac.Write([]byte("AWS4-HMAC-SHA256\n" + date + "\n" + scope + "\n"))
	mac.Write(hex.AppendEncode(nil, hash[:]))
	out = append(append(out, "GET "...), path...)
	if query != "" {
		out = append(append(out, '?'), query...)
	}
	out = append(append(out, " HTTP/1.1\r\nHost: "...), host...)
	out = append(append(out, "\r\nX-Amz-Content-Sha256: "+leastHash+"\r\nX-Amz-Date: "...), date...)
	out = append(append(out, "\r\nAuthorization: AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"...), scope...)
	out = append(out, ", SignedHeaders=host;x-amz-content-sha256;x-amz-date, Signature="...)
	out = hex.AppendEncode(out, mac.Sum(nil))
	return append(out, "\r\n\r\n"...)
}

// leastAsk sends a request and returns the answer's body.
func leastAsk(c net.Conn, request, in []byte) ([]byte, error) {
	if _, err := c.Write(request); err != nil {
		return nil, err
	}
	have, end, length := 0, -1, 0
	for end < 0 || have < end+length {
		if have == len(in) {
			in = append(in, make([]byte, len(in))...)
		}
		n, err := c.Read(in[have:])
		if err != nil {
			return nil, err
		}
		have += n
		if end >= 0 {
			continue
		}
		if at := bytes.Index(in[:have], []byte("\r\n\r\n")); at >= 0 {
			end = at + 4
			_, rest, _ := bytes.Cut(in[:end], []byte("Content-Length: "))
			line, _, _ := bytes.Cut(rest, []byte("\r\n"))
			if length, err = strconv.Atoi(string(line)); err != nil || !bytes.HasPrefix(in, []byte("HTTP/1.1 200 ")) {
				return nil, fmt.Errorf("the answer is %q", in[:min(have, 200)])
			}
		}
	}
	return in[end:have], nil
}

// leastList returns the keys of all objects.
func leastList(ctx context.Context, u store.URL, endpoint *url.URL) ([]string, error) {
	c, err := leastDial(ctx, endpoint)
	if err != nil {
		return nil, err
	}
	defer c.Close() // it was only read from
	var keys []string
	in, query := make([]byte, 1<<20), "encoding-type=url&list-type=2"
	for {
		page, err := leastAsk(c, leastRequest(nil, endpoint.Host, "/"+u.Bucket+"/", query), in)
		if err != nil {
			return nil, fmt.Errorf("list bucket %s: %w", u.Bucket, err)
		}
		for rest := page; ; {
			_, after, more := bytes.Cut(rest, []byte("<Key>"))
			if !more {
				break
			}
			key, _, _ := bytes.Cut(after, []byte("</Key>"))
			keys, rest = append(keys, string(key)), after
		}
		_, after, more := bytes.Cut(page, []byte("<NextContinuationToken>"))
		if !more {
			return keys, nil
		}
		token, _, _ := bytes.Cut(after, []byte("<"))
		query = "continuation-token=" + url.QueryEscape(string(token)) + "&encoding-type=url&list-type=2"
	}
}
