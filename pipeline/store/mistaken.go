package store

import (
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// What people name instead of a folder or a bucket, and what to write.

// inS3 returns how a place is written that was named in another way: by its ARN, by
// the address of the console or of a request. It is a pattern where that does not tell.
func inS3(s string) string {
	const pattern = "s3://bucket/prefix"
	s, query, _ := strings.Cut(s, "?")
	if rest, ok := strings.CutPrefix(s, "arn:"); ok {
		// arn:aws:s3:::bucket/prefix
		if parts := strings.SplitN(rest, ":", 5); len(parts) == 5 && parts[1] == "s3" && parts[2] == "" && parts[4] != "" {
			return "s3://" + parts[4]
		}
		if strings.Contains(rest, ":accesspoint/") {
			return "s3://alias/prefix, with the access point's alias, which ends in -s3alias,"
		}
		return pattern
	}
	scheme, rest, _ := strings.Cut(s, ":")
	rest = strings.TrimLeft(rest, "/")
	if slices.Contains([]string{"s3", "s3a", "s3n"}, strings.ToLower(scheme)) && rest != "" {
		return "s3://" + rest
	}
	host, key, _ := strings.Cut(rest, "/")
	values, err := url.ParseQuery(query)
	labels := strings.Split(strings.ToLower(host), ".")
	aws := slices.Index(labels, "amazonaws")
	switch {
	case strings.HasSuffix(host, "console.aws.amazon.com"):
		// s3/buckets/bucket?prefix=prefix
		if bucket, ok := strings.CutPrefix(key, "s3/buckets/"); ok && bucket != "" {
			return strings.TrimSuffix("s3://"+bucket+"/"+values.Get("prefix"), "/")
		}
		return pattern
	case err != nil || aws < 0:
		return pattern
	}
	isS3 := func(label string) bool { return label == "s3" || strings.HasPrefix(label, "s3-") }
	if s3 := slices.IndexFunc(labels[:aws], isS3); s3 > 0 { // bucket.s3.region.amazonaws.com
		return strings.TrimSuffix("s3://"+strings.Join(strings.Split(host, ".")[:s3], ".")+"/"+key, "/")
	} else if s3 == 0 && key != "" { // s3.region.amazonaws.com/bucket
		return "s3://" + strings.TrimSuffix(key, "/")
	}
	return pattern
}

// bucketName is what a bucket may be called, and a place in it.
var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$`)

// perhapsBucket is what to write if a directory that is not there was meant to be a
// bucket: one named without a path to it.
func perhapsBucket(prefix string) string {
	here, err := os.Getwd()
	if err != nil {
		return ""
	}
	name, err := filepath.Rel(here, "/"+prefix)
	if err != nil || !bucketName.MatchString(name) {
		return ""
	}
	return "; if it is a bucket, write s3://" + filepath.ToSlash(name)
}

// anArchive says what to do with an archive that was named.
const anArchive = "not a folder but an archive: unpack it, and name the folder that it makes"

// namesArchive reports whether a file is called as archives are.
func namesArchive(name string) bool {
	base := strings.ToLower(name[strings.LastIndexByte(name, '/')+1:])
	return slices.ContainsFunc([]string{".zip", ".tar", ".tar.gz", ".tgz", ".tar.zst", ".tar.xz", ".tar.bz2", ".7z", ".rar"},
		func(suffix string) bool { return strings.HasSuffix(base, suffix) })
}

// isArchive reports whether a file on disk is an archive by its name, or by how it
// begins.
func isArchive(name string) bool {
	if namesArchive(name) {
		return true
	}
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close() //nolint:errcheck // it was only read
	head := make([]byte, 265)
	n, _ := file.Read(head) // what is not there, is no mark
	head = head[:n]
	return strings.HasPrefix(string(head), "PK\x03\x04") || strings.HasPrefix(string(head), "7z\xbc\xaf") ||
		len(head) > 262 && string(head[257:262]) == "ustar"
}
