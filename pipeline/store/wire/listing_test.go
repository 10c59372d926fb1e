package wire_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"plantrail/pipeline/store/wire"
)

const (
	opening = `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">`
	owner   = `<Owner xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:type="CanonicalUser"><ID>75aa57</ID><DisplayName>mtd</DisplayName></Owner>`
	closing = `</ListBucketResult>`
)

// answer writes a listing as S3 does.
func answer(prefix string, keys, folders []string, next string) string {
	var b strings.Builder
	escaped := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "%2F", "/") }
	fmt.Fprintf(&b, "%s<Name>bucket</Name><Prefix>%s</Prefix>", opening, escaped(prefix))
	if next != "" {
		fmt.Fprintf(&b, "<NextContinuationToken>%s</NextContinuationToken>", next)
	}
	fmt.Fprintf(&b, "<KeyCount>%d</KeyCount><MaxKeys>1000</MaxKeys>", len(keys)+len(folders))
	if folders != nil {
		b.WriteString("<Delimiter>/</Delimiter>")
	}
	fmt.Fprintf(&b, "<EncodingType>url</EncodingType><IsTruncated>%t</IsTruncated>", next != "")
	for i, key := range keys {
		fmt.Fprintf(&b, "<Contents><Key>%s</Key><LastModified>2024-03-01T12:05:00.000Z</LastModified><ETag>&quot;%032d&quot;</ETag>"+
			"<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType><Size>%d</Size>%s<StorageClass>STANDARD</StorageClass></Contents>",
			escaped(key), i, 100+i, strings.Repeat(owner, i%2))
	}
	for _, folder := range folders {
		fmt.Fprintf(&b, "<CommonPrefixes><Prefix>%s</Prefix></CommonPrefixes>", escaped(folder))
	}
	return b.String() + closing
}

func TestListing(t *testing.T) {
	keys := []string{"x/\x01\x1f", "x/ a+b&<c>", "x/%20é", "x/\uffff", "x/\xff\xfe"}
	l, err := wire.Scan([]byte(answer("x/", keys, nil, "tok&amp;en==")), wire.Query{Prefix: "x/", Name: "bucket"})
	if err != nil {
		t.Fatal(err)
	}
	want := wire.Object{Key: keys[1], Size: 101, ETag: `"00000000000000000000000000000001"`, StorageClass: "STANDARD"}
	if len(l.Objects) != len(keys) || l.Objects[1] != want || l.Next != "tok&en==" || l.Name != "bucket" || l.Last() != keys[4] {
		t.Errorf("scanned %+v", l)
	}
	for i, key := range keys {
		if l.Objects[i].Key != key {
			t.Errorf("key %q, want %q", l.Objects[i].Key, key)
		}
	}
	l, err = wire.Scan([]byte(answer("x/", keys[:1], []string{"x/a/", "x/b c/"}, "")), wire.Query{Prefix: "x/", After: "x/a/b", Shallow: true})
	if err == nil || !strings.Contains(err.Error(), "does not come after") {
		t.Errorf("%+v, error %v", l, err)
	}
	l, err = wire.Scan([]byte(answer("x/", nil, []string{"x/a/", "x/b c/"}, "")), wire.Query{Prefix: "x/", After: "x/a/b", Shallow: true})
	if err != nil || !slices.Equal(l.Folders, []string{"x/a/", "x/b c/"}) || l.Last() != "x/b c/" {
		t.Errorf("%+v, error %v", l, err)
	}
}

// A store that does not know encoding-type writes keys as XML does.
func TestListingPlain(t *testing.T) {
	doc := strings.Replace(answer("x/", []string{"x/KEY"}, nil, ""), "<EncodingType>url</EncodingType>", "", 1)
	doc = strings.Replace(doc, "x/KEY", "x/a+b%20&amp;&lt;&#233;&#x1;\u00e9", 1)
	l, err := wire.Scan([]byte(doc), wire.Query{Prefix: "x/"})
	if err != nil || l.Objects[0].Key != "x/a+b%20&<é\x01é" {
		t.Errorf("%+v, error %v", l, err)
	}
}

func TestNoListing(t *testing.T) {
	whole := answer("x/", []string{"x/a", "x/b", "x/c"}, nil, "")
	truncated := answer("x/", []string{"x/a", "x/b", "x/c"}, nil, "token")
	folders := answer("x/", []string{"x/a"}, []string{"x/b/"}, "")
	change := func(doc, from, to string) string {
		t.Helper()
		if !strings.Contains(doc, from) {
			t.Fatalf("no %s in %s", from, doc)
		}
		return strings.Replace(doc, from, to, 1)
	}
	within := wire.Query{Prefix: "x/"}
	for name, test := range map[string]struct {
		doc   string
		query wire.Query
	}{
		"empty":                 {"", within},
		"white space":           {" \n", within},
		"a login page":          {"<!DOCTYPE html>\n<html><body>Sign in</body></html>", within},
		"a page that is XML":    {"<html><body>Sign in</body></html>", within},
		"JSON":                  {`{"Contents":[]}`, within},
		"another root":          {strings.ReplaceAll(whole, "ListBucketResult", "ListVersionsResult"), within},
		"an error":              {"<Error><Code>NoSuchBucket</Code></Error>", within},
		"an empty root":         {"<ListBucketResult/>", within},
		"nothing in the root":   {opening + closing, within},
		"a declaration only":    {`<?xml version="1.0"?>`, within},
		"UTF-16":                {change(whole, "UTF-8", "UTF-16"), within},
		"Latin-1":               {change(whole, "x/b", "x/\xe9"), within},
		"trailing rubbish":      {whole + "<html>", within},
		"twice":                 {whole + whole, within},
		"a comment":             {change(whole, "<KeyCount>", "<!-- 3 --><KeyCount>"), within},
		"CDATA":                 {change(whole, "x/b", "<![CDATA[x/b]]>"), within},
		"an entity":             {change(whole, "x/b", "&xb;"), within},
		"a lone ampersand":      {change(whole, "x/b", "x/&b"), within},
		"a control character":   {change(whole, "x/b", "x/\x02"), within},
		"a surrogate":           {change(whole, "x/b", "&#xd800;"), within},
		"text between":          {change(whole, "<KeyCount>", "3<KeyCount>"), within},
		"wrong nesting":         {change(whole, "</Key>", "</Contents>"), within},
		"no Name":               {change(whole, "<Name>bucket</Name>", ""), within},
		"no IsTruncated":        {change(whole, "<IsTruncated>false</IsTruncated>", ""), within},
		"another KeyCount":      {change(whole, "<KeyCount>3", "<KeyCount>2"), within},
		"two of Name":           {change(whole, "<Name>", "<Name>bucket</Name><Name>"), within},
		"two of IsTruncated":    {change(truncated, "<IsTruncated>", "<IsTruncated>false</IsTruncated><IsTruncated>"), within},
		"two of Key":            {change(whole, "<Key>", "<Key>x/0</Key><Key>"), within},
		"two of Size":           {change(whole, "<Size>", "<Size>1</Size><Size>"), within},
		"no Key":                {change(whole, "<Key>x/a</Key>", ""), within},
		"an empty Key":          {change(whole, "<Key>x/a</Key>", "<Key/>"), within},
		"no Size":               {change(whole, "<Size>100</Size>", ""), within},
		"a negative Size":       {change(whole, "<Size>", "<Size>-"), within},
		"a huge Size":           {change(whole, "<Size>", "<Size>9000000000000000000"), within},
		"Size in words":         {change(whole, "<Size>100", "<Size>many"), within},
		"IsTruncated maybe":     {change(whole, "false", "maybe"), within},
		"truncated, no token":   {change(truncated, "<NextContinuationToken>token</NextContinuationToken>", ""), within},
		"truncated, no token 2": {change(truncated, ">token<", "><"), within},
		"the same token":        {truncated, wire.Query{Prefix: "x/", Token: "token"}},
		"another bucket":        {whole, wire.Query{Prefix: "x/", Name: "trail"}},
		"another prefix":        {whole, wire.Query{Prefix: "x/a"}},
		"no prefix":             {change(whole, "<Prefix>x/<", "<Prefix><"), within},
		"another encoding":      {change(whole, ">url<", ">base64<"), within},
		"no escape":             {change(whole, "x/b", "x/%zz"), within},
		"a key out of prefix":   {change(whole, "x/c", "y/c"), within},
		"keys out of order":     {change(whole, "x/b", "x/d"), within},
		"a key twice":           {change(whole, "x/b", "x/a"), within},
		"before the start":      {whole, wire.Query{Prefix: "x/", After: "x/b"}},
		"at the start":          {whole, wire.Query{Prefix: "x/", After: "x/a"}},
		"the same page":         {truncated, wire.Query{Prefix: "x/", Token: "t", After: "x/c"}},
		"no delimiter heeded":   {change(whole, "x/b", "x/b/c"), wire.Query{Prefix: "x/", Shallow: true}},
		"folders not asked for": {folders, within},
		"folders only in name":  {change(folders, "<Delimiter>/</Delimiter>", ""), within},
		"another delimiter":     {change(folders, "<Delimiter>/", "<Delimiter>-"), wire.Query{Prefix: "x/", Shallow: true}},
		"a folder of folders":   {change(folders, "x/b/<", "x/b/c/<"), wire.Query{Prefix: "x/", Shallow: true}},
		"a folder without end":  {change(folders, "x/b/<", "x/b<"), wire.Query{Prefix: "x/", Shallow: true}},
		"a folder elsewhere":    {change(folders, "x/b/<", "y/<"), wire.Query{Prefix: "x/", Shallow: true}},
		"the same folder":       {folders, wire.Query{Prefix: "x/", Shallow: true, Token: "t", After: "x/b/"}},
		"deep":                  {change(whole, "<KeyCount>", strings.Repeat("<a>", 9)+strings.Repeat("</a>", 9)+"<KeyCount>"), within},
	} {
		t.Run(name, func(t *testing.T) {
			if l, err := wire.Scan([]byte(test.doc), test.query); err == nil {
				t.Errorf("a listing: %+v", l)
			} else if strings.Contains(err.Error(), "\n") || len(err.Error()) > 600 {
				t.Errorf("an error that is no line: %v", err)
			}
		})
	}
	for name, doc := range map[string]string{
		"new fields":      change(change(whole, "<Size>", "<New><Deep a='1'/></New><Size>"), "<KeyCount>", "<New/><KeyCount>"),
		"white space":     strings.ReplaceAll(whole, "><", ">\r\n\t <"),
		"no declaration":  whole[strings.Index(whole, "\n")+1:],
		"no echoes":       change(change(whole, "<Prefix>x/</Prefix>", ""), "<KeyCount>3</KeyCount><MaxKeys>1000</MaxKeys>", ""),
		"a space at ends": strings.ReplaceAll(whole, "</Key>", "</Key >"),
	} {
		if l, err := wire.Scan([]byte(doc), within); err != nil || len(l.Objects) != 3 {
			t.Errorf("%s: %+v, error %v", name, l, err)
		}
	}
}

// canned is an HTTP client that has one answer.
type canned []byte

func (c canned) Do(r *http.Request) (*http.Response, error) {
	return &http.Response{
		StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Request: r, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(c)), ContentLength: int64(len(c)),
	}, nil
}

// bySDK decodes a listing as the SDK does.
func bySDK(ctx context.Context, doc []byte) (*s3.ListObjectsV2Output, error) {
	client := s3.New(s3.Options{
		Region: "us-east-1", HTTPClient: canned(doc), Retryer: aws.NopRetryer{}, Credentials: credentials.NewStaticCredentialsProvider("A", "s", ""),
	})
	return client.ListObjectsV2(ctx, &s3.ListObjectsV2Input{Bucket: aws.String("bucket")})
}

// FuzzListing holds the scanner against the SDK's decoder: what both take for a
// listing is the same.
func FuzzListing(f *testing.F) {
	f.Add([]byte(answer("x/", []string{"x/a+ %é&", "x/b"}, nil, "t")))
	f.Add([]byte(answer("", []string{"a"}, []string{"b/"}, "")))
	f.Add([]byte(strings.Replace(answer("x/", []string{"x/a"}, nil, ""), "<EncodingType>url</EncodingType>", "", 1)))
	f.Fuzz(func(t *testing.T, doc []byte) {
		got, err := wire.ScanAny(doc)
		if err != nil {
			return
		}
		want, err := bySDK(t.Context(), doc)
		if err != nil {
			return
		}
		same(t, doc, got, want)
	})
}

func same(t *testing.T, doc []byte, got *wire.Listing, want *s3.ListObjectsV2Output) {
	t.Helper()
	resolve := func(s *string) string {
		if want.EncodingType != "url" {
			return aws.ToString(s)
		}
		u, err := url.QueryUnescape(aws.ToString(s))
		if err != nil {
			t.Errorf("%q: %v", aws.ToString(s), err)
		}
		return u
	}
	ok := len(got.Objects) == len(want.Contents) && len(got.Folders) == len(want.CommonPrefixes) && got.Name == aws.ToString(want.Name) &&
		(got.Next != "") == aws.ToBool(want.IsTruncated) && (got.Next == "" || got.Next == aws.ToString(want.NextContinuationToken))
	for i := 0; ok && i < len(got.Objects); i++ {
		g, w := got.Objects[i], want.Contents[i]
		ok = g.Key == resolve(w.Key) && g.Size == aws.ToInt64(w.Size) && g.ETag == aws.ToString(w.ETag) && g.StorageClass == string(w.StorageClass)
	}
	for i := 0; ok && i < len(got.Folders); i++ {
		ok = got.Folders[i] == resolve(want.CommonPrefixes[i].Prefix)
	}
	if !ok {
		t.Errorf("of %q\nscanned %+v\nthe SDK has %+v", doc, got, want)
	}
}

// FuzzMixed cuts answers and mixes them: an error, or the keys of one of them.
func FuzzMixed(f *testing.F) {
	for i := range 4 {
		f.Add(uint64(i), uint16(100*i), uint16(300*i), uint16(77*i), byte(i))
	}
	f.Fuzz(func(t *testing.T, seed uint64, from, to, at uint16, how byte) {
		random := rand.New(rand.NewPCG(seed, 0))
		docs := [2]string{}
		for i := range docs {
			var keys []string
			for k := range random.IntN(6) {
				keys = append(keys, fmt.Sprintf("x/%d%d-%d", i, k, random.IntN(100)))
			}
			docs[i] = answer("x/", keys, nil, [...]string{"", "token"}[random.IntN(2)])
		}
		a, b := docs[0], docs[1]
		cut := func(doc string, at uint16) int { return int(at) % (len(doc) + 1) }
		low, high := min(cut(a, from), cut(a, to)), max(cut(a, from), cut(a, to))
		var mixed string
		switch how % 5 {
		case 0: // a prefix
			mixed = a[:low]
		case 1: // a part is missing
			mixed = a[:low] + a[high:]
		case 2: // a part is there twice
			mixed = a[:high] + a[low:]
		case 3: // one goes on as the other
			mixed = a[:low] + b[cut(b, at):]
		case 4: // a part of one within the other
			mixed = b[:cut(b, at)] + a[low:high] + b[cut(b, at):]
		}
		got, err := wire.Scan([]byte(mixed), wire.Query{Prefix: "x/"})
		if err != nil {
			return
		}
		for _, doc := range docs {
			if one, err := wire.Scan([]byte(doc), wire.Query{Prefix: "x/"}); err == nil && sameKeys(one, got) {
				return
			}
		}
		// A cut within a text makes another text, and two answers with as many keys
		// can become a third. Nothing is dropped or read in another way for all that.
		if how%5 < 3 && len(got.Objects) != strings.Count(a, "<Contents>") {
			t.Errorf("of %q\nscanned %+v, a part of what there is", mixed, got)
		}
		if sdk, err := bySDK(t.Context(), []byte(mixed)); err == nil {
			same(t, []byte(mixed), got, sdk)
		}
	})
}

func sameKeys(a, b *wire.Listing) bool {
	return slices.EqualFunc(a.Objects, b.Objects, func(a, b wire.Object) bool { return a.Key == b.Key }) && slices.Equal(a.Folders, b.Folders)
}

func BenchmarkScan(b *testing.B) {
	var keys []string
	for i := range 1000 {
		keys = append(keys, fmt.Sprintf("AWSLogs/o-exampleorg/111122223333/CloudTrail/us-east-1/2024/03/01/111122223333_CloudTrail_us-east-1_20240301T%04dZ_0123456789abcdef.json.gz", i))
	}
	doc := []byte(answer("AWSLogs/o-exampleorg/111122223333/CloudTrail/us-east-1/", keys, nil, ""))
	b.SetBytes(int64(len(doc)))
	b.ReportAllocs()
	for b.Loop() {
		l, err := wire.Scan(doc, wire.Query{Prefix: "AWSLogs/o-exampleorg/111122223333/CloudTrail/us-east-1/"})
		if err != nil || len(l.Objects) != 1000 {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/1000, "ns/key")
}
