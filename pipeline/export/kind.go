package export

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

var (
	// errNoRecord says that a part is JSON, and holds no record.
	errNoRecord = errors.New("no CloudTrail record")
	// errText says that a line is no JSON.
	errText = errors.New("no JSON")
	// errBegin says that of a document there is only the end.
	errBegin = errors.New("the document does not begin")
	errOCSF  = errors.New("an OCSF event, as Security Lake stores it, and no CloudTrail record")
	// errColumns says that records were taken apart into columns.
	errColumns = errors.New("columns, and no whole CloudTrail records: download JSON from the console, or query the column " +
		"that has the record (eventJson in CloudTrail Lake, @message in CloudWatch Logs, rawevent in a table of this program)")
	errDigest = errors.New("a digest of log files, and no CloudTrail record")
	errNoText = errors.New("an answer of LookupEvents without the member CloudTrailEvent, which has the record: query it too")
)

// kindOf says why a document is no record, as well as one can tell.
func kindOf(part []byte) error {
	has := func(names ...string) bool {
		for _, name := range names {
			if !bytes.Contains(part, []byte(name)) {
				return false
			}
		}
		return true
	}
	switch {
	case has(`"class_uid"`, `"metadata"`):
		return errOCSF
	case has(`"digestS3Bucket"`, `"logFiles"`):
		return errDigest
	case has(`"EventId"`, `"EventName"`) && !has(`"CloudTrailEvent"`):
		return errNoText
	}
	return errNoRecord
}

// kindOfHeader says why a file's first line is no record.
func kindOfHeader(line []byte) error {
	plain := strings.Map(func(r rune) rune {
		if strings.ContainsRune(` "_@.`, r) {
			return -1
		}
		return r
	}, strings.ToLower(string(line)))
	if strings.Contains(plain, "eventname") && strings.Contains(plain, "eventsource") {
		return errColumns
	}
	return errText
}

// A magic is how files of another format begin.
type magic struct{ bytes, format string }

const (
	unpack = "unpack it, and let the source be what was in it"
	asJSON = "only JSON, and CSV with whole records in a column, are read"
)

func magics() []magic {
	return []magic{
		{"PK\x03\x04", "a zip archive: " + unpack},
		{"PK\x05\x06", "an empty zip archive"},
		{"PAR1", "Parquet, as Security Lake and Athena write it: " + asJSON},
		{"Obj\x01", "Avro: " + asJSON},
		{"ORC", "ORC: " + asJSON},
		{"BZh", "compressed with bzip2: " + unpack},
		{"\xfd7zXZ\x00", "compressed with xz: " + unpack},
		{"7z\xbc\xaf\x27\x1c", "a 7z archive: " + unpack},
		{"\x04\x22\x4d\x18", "compressed with lz4: " + unpack},
		{"\xff\x06\x00\x00sNaPpY", "compressed with snappy: " + unpack},
	}
}

// tarMagic is where a tar archive names itself.
const (
	tarMagic = "ustar"
	tarAt    = 257
)

// checkFormat refuses a file that begins as one of a format in which nobody writes records
// as text.
func checkFormat(head []byte) error {
	for _, m := range magics() {
		if bytes.HasPrefix(head, []byte(m.bytes)) {
			return fmt.Errorf("%s", m.format)
		}
	}
	if len(head) > tarAt && bytes.HasPrefix(head[tarAt:], []byte(tarMagic)) {
		return errors.New("a tar archive: " + unpack)
	}
	return nil
}
