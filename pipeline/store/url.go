package store

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// A URL names a source or a table: s3://bucket/prefix with parameters, a path,
// or file:// and a path.
type URL struct {
	// History says that it is CloudTrail's Event history in Region, no place in a
	// store. When it is known whose it is, Bucket is the account and Prefix the region.
	History bool
	Bucket  string // "" for a directory
	// Prefix is the folder's key without its closing slash. A key is a string of
	// bytes: in it two slashes in a row, or dots, mean nothing. For a directory it is
	// the absolute path without the first slash.
	Prefix string

	Region        string // AWS region of the bucket; found when empty
	Endpoint      string // of an S3 server other than AWS, such as http://127.0.0.1:9000
	PathStyle     bool   // bucket in the path, not in the host name
	Profile       string // of the shared AWS configuration
	RoleARN       string // role to assume
	ExternalID    string // for RoleARN
	ExpectedOwner string // account that must own the bucket
	RequesterPays bool   // whether this side pays for requests and transfer

	Layout Layout // of a source
}

// A Layout is how a source's files lie and what they are.
type Layout string

const (
	// Delivered is as CloudTrail delivers log files.
	Delivered Layout = ""
	// Export is files of any name that hold records in any wrapping.
	Export Layout = "export"
)

const parameters = "region, endpoint, path_style, profile, role_arn, external_id, expected_owner, requester_pays, layout"

// ParseURL reads a source or table as a person writes it. A directory need not
// exist; if it does, symbolic links on its path are resolved, so that a place
// has one name.
func ParseURL(s string) (URL, error) {
	switch {
	case s == "":
		return URL{}, errors.New("no place given: write s3://bucket/prefix or a directory")
	case strings.HasPrefix(s, "s3://"):
		return parseS3(s)
	case strings.HasPrefix(s, HistoryScheme):
		return parseHistory(s)
	case strings.HasPrefix(s, "file://"):
		u, err := url.Parse(s)
		if err != nil || u.Host != "" || !strings.HasPrefix(u.Path, "/") || u.RawQuery != "" && !strings.HasPrefix(u.RawQuery, dirLayout) {
			return URL{}, fmt.Errorf("%s: write file:///absolute/path, without parameters but layout", shown(s))
		}
		return parseDir(u.Path, strings.TrimPrefix(u.RawQuery, dirLayout), u.RawQuery != "")
	case strings.Contains(s, "://"), len(s) > 3 && strings.EqualFold(s[:3], "s3:"), strings.HasPrefix(s, "arn:"):
		return URL{}, fmt.Errorf("%s: cannot read this kind of place: write %s or a directory", shown(s), inS3(s))
	}
	// A question mark may stand in a path, so only what is surely a parameter is one.
	if at := strings.LastIndex(s, "?"+dirLayout); at > 0 {
		return parseDir(s[:at], s[at+1+len(dirLayout):], true)
	}
	return parseDir(s, "", false)
}

// dirLayout begins the one parameter of a directory.
const dirLayout = "layout="

// shown is a place as messages name it: without its parameters, and without
// the credentials that some put before the host.
func shown(s string) string {
	s, _, _ = strings.Cut(s, "?")
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return s
	}
	return scheme + "://" + rest[strings.LastIndexByte(rest, '@')+1:]
}

func parseDir(path, layout string, given bool) (URL, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return URL{}, fmt.Errorf("%s: %w", path, err)
	}
	if real, err := filepath.EvalSymlinks(abs); err == nil {
		abs = real
	}
	u := URL{Prefix: strings.Trim(filepath.ToSlash(abs), "/")}
	if given {
		if err := u.set("layout", layout); err != nil {
			return URL{}, fmt.Errorf("%s: %w", path, err)
		}
	}
	return u, nil
}

func parseS3(s string) (URL, error) {
	rest, query, _ := strings.Cut(strings.TrimPrefix(s, "s3://"), "?")
	bucket, prefix, _ := strings.Cut(rest, "/")
	if len(bucket) < 3 || len(bucket) > 255 || strings.Trim(bucket, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_") != "" {
		if strings.HasPrefix(rest, "arn:") {
			return URL{}, fmt.Errorf("%s: not a bucket's name: write %s", shown(s), strings.TrimSuffix(inS3(rest), ","))
		}
		return URL{}, fmt.Errorf("%s: not a bucket's name: write s3://bucket/prefix", shown(s))
	}
	u := URL{Bucket: bucket, Prefix: strings.TrimSuffix(prefix, "/")}
	err := u.setAll(s, query)
	return u, err
}

// setAll sets the parameters of the place s.
func (u *URL) setAll(s, query string) error {
	values, err := url.ParseQuery(query)
	if err != nil {
		return fmt.Errorf("%s: bad parameters: %w", shown(s), err)
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		if err := u.set(name, values.Get(name)); err != nil {
			return fmt.Errorf("%s: %w", shown(s), err)
		}
	}
	if u.ExternalID != "" && u.RoleARN == "" {
		return fmt.Errorf("%s: external_id goes with role_arn", shown(s))
	}
	return nil
}

func (u *URL) set(name, value string) error {
	switch name {
	case "region":
		u.Region = value
	case "endpoint":
		e, err := url.Parse(value)
		if err != nil || e.Host == "" || e.User != nil || (e.Scheme != "http" && e.Scheme != "https") {
			return fmt.Errorf("endpoint %q: write http://host:port or https://host", shown(value))
		}
		u.Endpoint = strings.TrimRight(value, "/") // so that it has one name
	case "path_style":
		return setBool(&u.PathStyle, name, value)
	case "profile":
		u.Profile = value
	case "role_arn":
		u.RoleARN = value
	case "external_id":
		u.ExternalID = value
	case "expected_owner":
		u.ExpectedOwner = value
	case "requester_pays":
		return setBool(&u.RequesterPays, name, value)
	case "layout":
		if u.Layout = Layout(value); u.Layout != Export {
			return fmt.Errorf("layout=%s: there is layout=export, for files of any name in any wrapping; leave it out for what a trail delivers", value)
		}
	default:
		return fmt.Errorf("unknown parameter %q: there are %s", name, parameters)
	}
	return nil
}

func setBool(field *bool, name, value string) error {
	b, err := strconv.ParseBool(value)
	if err != nil {
		return fmt.Errorf("%s=%q: write true or false", name, value)
	}
	*field = b
	return nil
}

// String returns the place without its parameters: s3://bucket/prefix or
// file:///path.
func (u URL) String() string {
	switch {
	case u.History && u.Bucket == "":
		return HistoryScheme + u.Region
	case u.Prefix == "":
		return strings.TrimSuffix(u.root(), "/")
	case strings.HasSuffix(u.Prefix, "/"): // in a bucket, a folder that has no name
		return u.root() + u.Prefix + "/"
	}
	return u.root() + u.Prefix
}

// root is what a key becomes a URI behind.
func (u URL) root() string {
	if u.History {
		return HistoryScheme + u.Bucket + "/"
	}
	if u.Bucket == "" {
		return "file:///"
	}
	return "s3://" + u.Bucket + "/"
}

// A Location is a place in a store.
type Location struct {
	Store
	URL  URL
	File bool // it is known to be a file, which URL.Prefix is the key of
}

// URI returns the full name of an object, which no other key has. Bytes of the key
// that are not UTF-8 are written as %ff; where a key has such, or looks as if, a
// percent sign is written as %25.
func (l Location) URI(key string) string {
	if utf8.ValidString(key) && !looksEscaped(key) {
		return l.URL.root() + key
	}
	uri := []byte(l.URL.root())
	for len(key) > 0 {
		r, size := utf8.DecodeRuneInString(key)
		if r == utf8.RuneError && size == 1 || r == '%' {
			uri = fmt.Appendf(uri, "%%%02x", key[0])
		} else {
			uri = append(uri, key[:size]...)
		}
		key = key[size:]
	}
	return string(uri)
}

// looksEscaped reports whether a key has what [Location.URI] writes for a byte.
func looksEscaped(key string) bool {
	for {
		percent := strings.IndexByte(key, '%')
		if percent < 0 || len(key) < percent+3 {
			return false
		}
		high, low := key[percent+1], key[percent+2]
		if high == '2' && low == '5' || strings.IndexByte("89abcdef", high) >= 0 && strings.IndexByte("0123456789abcdef", low) >= 0 {
			return true
		}
		key = key[percent+1:]
	}
}

// Key returns the key of an object below the location.
func (l Location) Key(name string) string {
	if l.URL.Prefix == "" {
		return name
	}
	return l.URL.Prefix + "/" + name
}

// Open returns the location that u names. For a bucket it finds the region and
// checks that there are credentials; for a directory that mustExist, that it is
// there.
func Open(ctx context.Context, u URL, mustExist bool, shared *Shared) (Location, error) {
	if u.History {
		return Location{}, fmt.Errorf("%s: Event history is a source and no place to keep anything: name a directory or s3://bucket/prefix", u)
	}
	if u.Bucket != "" {
		s, err := OpenS3(ctx, u, shared)
		return Location{Store: s, URL: u, File: s != nil && s.names}, err
	}
	file := false
	if mustExist {
		info, err := os.Stat("/" + u.Prefix)
		switch {
		case errors.Is(err, os.ErrNotExist):
			return Location{}, fmt.Errorf("/%s: no such directory%s", u.Prefix, perhapsBucket(u.Prefix))
		case err != nil:
			return Location{}, err
		case info.Mode().IsRegular():
			if isArchive("/" + u.Prefix) {
				return Location{}, fmt.Errorf("/%s: %s", u.Prefix, anArchive)
			}
			file = true
		case !info.IsDir():
			return Location{}, fmt.Errorf("/%s: neither a directory nor a regular file", u.Prefix)
		}
	}
	return Location{Store: NewDir(shared), URL: u, File: file}, nil
}
