package quirks

import (
	"cmp"
	"encoding/xml"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// list answers ListObjectsV2, or what this server takes for it.
func (s *Server) list(w http.ResponseWriter, q url.Values) {
	prefix, delimiter := q.Get("prefix"), q.Get("delimiter")
	after := cmp.Or(q.Get("continuation-token"), q.Get("start-after"))
	switch {
	case s.quirks.V1:
		after = q.Get("marker")
	case s.quirks.StartAfterWins:
		after = cmp.Or(q.Get("start-after"), q.Get("continuation-token"))
	}
	text := func(s string) string { return escape(s) }
	var page strings.Builder
	page.WriteString(xml.Header + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Name>bucket</Name>`)
	if q.Get("encoding-type") == "url" && !s.quirks.NoEncoding {
		text = func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }
		page.WriteString("<EncodingType>url</EncodingType>")
	}
	fmt.Fprintf(&page, "<Prefix>%s</Prefix>", text(prefix))

	s.mutex.Lock()
	defer s.mutex.Unlock()
	keys := slices.Sorted(maps.Keys(s.objects))
	size, last, more, count := cmp.Or(s.quirks.PageSize, 1000), "", false, 0
	if n := 0; q.Get("max-keys") != "" {
		if _, err := fmt.Sscan(q.Get("max-keys"), &n); err == nil {
			size = min(size, n)
		}
	}
	var found []string // elements of the page
	for _, key := range keys {
		if !strings.HasPrefix(key, prefix) {
			continue
		}
		name := key
		if i := strings.Index(key[len(prefix):], delimiter); delimiter != "" && i >= 0 {
			name = key[:len(prefix)+i+len(delimiter)]
		}
		if name <= after || name == last {
			continue
		}
		if count == size {
			more = true
			break
		}
		last = name
		count++
		if name != key || strings.HasSuffix(name, "/") && delimiter != "" {
			found = append(found, fmt.Sprintf("<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", text(name)))
			continue
		}
		etag := "<ETag>" + escape(s.objects[key].etag) + "</ETag>"
		if s.quirks.NoListedETag {
			etag = ""
		}
		found = append(found, fmt.Sprintf("<Contents><Key>%s</Key><LastModified>2024-03-01T12:05:00.000Z</LastModified>%s<Size>%d</Size><StorageClass>STANDARD</StorageClass></Contents>",
			text(key), etag, len(s.objects[key].body)))
	}
	if s.quirks.Unsorted {
		slices.Reverse(found)
	}
	fmt.Fprintf(&page, "<KeyCount>%d</KeyCount><MaxKeys>%d</MaxKeys><IsTruncated>%t</IsTruncated>", count, size, more)
	switch {
	case !more || s.quirks.NoToken:
	case s.quirks.V1 && delimiter != "":
		fmt.Fprintf(&page, "<NextMarker>%s</NextMarker>", text(last))
	case !s.quirks.V1:
		fmt.Fprintf(&page, "<NextContinuationToken>%s</NextContinuationToken>", text(last))
	}
	page.WriteString(strings.Join(found, "") + "</ListBucketResult>")
	w.Header().Set("Content-Type", "application/xml")
	fmt.Fprint(w, page.String())
}

// escape writes text as XML, control characters as references, as some servers do
// though XML has none.
func escape(s string) string {
	var out strings.Builder
	for _, r := range s {
		switch {
		case r < ' ' || r == 0x7f || r == 0xffff:
			fmt.Fprintf(&out, "&#x%x;", r)
		case strings.ContainsRune(`<>&"'`, r):
			fmt.Fprintf(&out, "&#%d;", r)
		default:
			out.WriteRune(r)
		}
	}
	return out.String()
}
