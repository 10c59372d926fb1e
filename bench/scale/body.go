package scale

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"sort"
	"time"

	"plantrail/bench/corpus"
	"plantrail/pipeline/trail"
)

// kinds is how many different log files without an event there are.
const kinds = 8

// dismissed returns log files without an event, as an organization has them.
func dismissed() ([][]byte, error) {
	c := corpus.DefaultConfig()
	c.Accounts, c.Regions, c.Days, c.FilesPerDay = 1, c.Regions[:1], 1, kinds
	c.Planted, c.Duplicates, c.Decoys = 0, 0, 0
	var bodies [][]byte
	_, err := corpus.Generate(c, func(_ string, body []byte) error {
		bodies = append(bodies, body)
		return nil
	})
	return bodies, err
}

// body returns a log file as delivered. It must not be changed.
func (o *Organization) body(unit int, number uint64) []byte {
	if o.planted(&o.units[unit], number) {
		return o.event(unit, number)
	}
	return o.bodies[number%kinds]
}

// event returns the log file of a number, with an event.
func (o *Organization) event(unit int, number uint64) []byte {
	u, account := &o.units[unit], o.account(unit/len(o.Regions))
	day := sort.Search(maxDays, func(day int) bool { return u.before(day+1) > number })
	at := (o.First + trail.Day(day)).Time().Add(time.Duration(number%86_400) * time.Second)
	var file bytes.Buffer
	w := gzip.NewWriter(&file)
	fmt.Fprintf(w, `{"Records":[{"eventVersion":"1.08","userIdentity":{"type":"Root","principalId":"%[1]s","arn":"arn:aws:iam::%[1]s:root","accountId":"%[1]s"},"eventTime":"%[2]s","eventSource":"supportplans.amazonaws.com","eventName":"GetSupportPlan","awsRegion":"%[3]s","sourceIPAddress":"192.0.2.1","userAgent":"aws-cli/2.15.30","requestParameters":null,"responseElements":null,"requestID":"%[4]s","eventID":"%[4]s","readOnly":true,"eventType":"AwsApiCall","managementEvent":true,"recipientAccountId":"%[1]s","eventCategory":"Management"}]}`,
		account, at.Format(time.RFC3339), o.Regions[unit%len(o.Regions)], eventID(unit, number))
	w.Close()
	return file.Bytes()
}

// eventID returns the event's id, which no other one has.
func eventID(unit int, number uint64) string {
	return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", unit, number>>48, number>>36&0xfff, number>>24&0xfff, number&0xffffff)
}
