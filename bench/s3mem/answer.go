package s3mem

import (
	"bytes"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"plantrail/pipeline/store"
)

// answer appends the answer to a request's head.
func (s *Server) answer(out, head []byte) []byte {
	line, _, _ := bytes.Cut(head, []byte("\r\n"))
	method, rest, _ := strings.Cut(string(line), " ")
	target, _, _ := strings.Cut(rest, " ")
	path, query, _ := strings.Cut(target, "?")
	bucket, key, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/")
	switch {
	case method == "HEAD":
		return append(out, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nX-Amz-Bucket-Region: us-east-1\r\n\r\n"...)
	case method != "GET":
		return refuse(out, "501 Not Implemented", "NotImplemented")
	case s.refuses():
		return refuse(out, "503 Slow Down", "SlowDown")
	case key == "":
		return s.list(out, bucket, query)
	}
	if strings.IndexByte(key, '%') >= 0 {
		if plain, err := url.PathUnescape(key); err == nil {
			key = plain
		}
	}
	body, ok := s.source.Body(key)
	if !ok {
		return refuse(out, "404 Not Found", "NoSuchKey")
	}
	s.gets.Add(1)
	// Headers as S3 sends them.
	out = append(out, "HTTP/1.1 200 OK\r\nx-amz-id-2: VvPEnMAQ9cXZbZTR7xLSGNVPAIT3Rk9gkuUbhvHQnvgKCZEJYbZQvWxNsTk0ppUTDHb6uXHNfnY=\r\n"+
		"x-amz-request-id: 4QKJ3PM6Z9RKZ1QF\r\nDate: Fri, 01 Mar 2024 12:05:00 GMT\r\nLast-Modified: Fri, 01 Mar 2024 12:00:00 GMT\r\n"+
		"ETag: \"781e5e245d69b566979b86e28d23f2c7\"\r\nx-amz-server-side-encryption: AES256\r\nContent-Encoding: gzip\r\n"+
		"Accept-Ranges: bytes\r\nContent-Type: application/json\r\nServer: AmazonS3\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	if beside, ok := s.source.(metadataSource); ok {
		for name, value := range beside.Metadata(key) {
			out = fmt.Appendf(out, "\r\nx-amz-meta-%s: %s", name, value)
		}
	}
	return append(append(out, "\r\n\r\n"...), body...)
}

func refuse(out []byte, status, code string) []byte {
	body := "<Error><Code>" + code + "</Code><Message>of the server in memory</Message></Error>"
	return fmt.Appendf(out, "HTTP/1.1 %s\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n%s", status, len(body), body)
}

// pageSize is how many keys a page has.
const pageSize = 1000

// list appends a page, which its keys need no escapes for.
func (s *Server) list(out []byte, bucket, query string) []byte {
	asked, err := url.ParseQuery(query)
	if err != nil {
		return refuse(out, "400 Bad Request", "InvalidArgument")
	}
	r := store.Range{Prefix: asked.Get("prefix"), After: asked.Get("start-after"), Shallow: asked.Get("delimiter") != ""}
	if token := asked.Get("continuation-token"); token != "" {
		r.After = token
		if folder, ok := strings.CutSuffix(token, "/"); ok && r.Shallow {
			r.After = folder + "/\xff" // after all in it
		}
	}
	most := pageSize
	if n, err := strconv.Atoi(asked.Get("max-keys")); err == nil && n > 0 {
		most = min(n, pageSize)
	}
	page, more := s.source.Page(r, most)
	b := make([]byte, 0, 1<<10+len(page.Objects)*400)
	b = fmt.Appendf(b, `<?xml version="1.0" encoding="UTF-8"?>`+"\n"+`<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>%s</Name><Prefix>%s</Prefix>`, bucket, r.Prefix)
	if more {
		last := ""
		if n := len(page.Objects); n > 0 {
			last = page.Objects[n-1].Key
		}
		if n := len(page.Folders); n > 0 {
			last = max(last, page.Folders[n-1])
		}
		b = fmt.Appendf(b, "<NextContinuationToken>%s</NextContinuationToken>", last)
	}
	b = fmt.Appendf(b, "<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated>",
		len(page.Objects)+len(page.Folders), most, more)
	for i := range page.Objects {
		o := &page.Objects[i]
		b = append(append(b, "<Contents><Key>"...), o.Key...)
		b = append(append(b, "</Key><LastModified>2024-03-01T12:05:00.000Z</LastModified><ETag>&quot;"...), strings.Trim(o.ETag, `"`)...)
		b = append(b, "&quot;</ETag><ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>"...)
		b = append(strconv.AppendInt(b, o.Size, 10), "</Size><StorageClass>STANDARD</StorageClass></Contents>"...)
	}
	for _, folder := range page.Folders {
		b = append(append(append(b, "<CommonPrefixes><Prefix>"...), folder...), "</Prefix></CommonPrefixes>"...)
	}
	b = append(b, "</ListBucketResult>"...)
	out = fmt.Appendf(out, "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Length: %d\r\n\r\n", len(b))
	return append(out, b...)
}
