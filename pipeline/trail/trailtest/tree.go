// Package trailtest makes trees of keys as they are found in buckets that people
// have used for years, and tells which of them name log files: for tests of all
// that looks for log files.
package trailtest

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
)

// What keys are made of, words apart.
const (
	accounts = "111122223333 444455556666 777788889999"
	regions  = "us-east-1 us-west-2 us-gov-west-1"
	folders  = "AWSLogs o-exampleorgid o-SHORT O-EXAMPLEORGID 111122223333 444455556666 my-alias CloudTrail cloudtrail " +
		"CloudTrail-Digest Config elasticloadbalancing CloudTrail-archive us-east-1 us-west-2 2024 03 01 3 1 12 " +
		"2099 13 archive year=2024 month=03 day=01 20240301 2024-03-01 logs prod aws-service=vpcflowlogs tmp"
	endings = ".json.gz .json.gz .json.gz .json .JSON.GZ .gz .json.gz.1"
	types   = "CloudTrail CloudTrail CloudTrail Config CloudTrail-Digest elasticloadbalancing"
	days    = "2024/03/01 2024/03/02 2023/12/31 2024/3/1 2024/03/01/12 2098/01/01"
)

// A Tree makes random keys below one place.
type Tree struct {
	Random *rand.Rand
	Keys   bool // of a store: a part of a key may be empty, a dot or two, or have any character
	number int
}

// Key returns a key that none of the keys before is.
func (t *Tree) Key() string {
	for {
		if key := strings.Join(append(t.folders(), t.name()), "/"); key != "" {
			return key
		}
	}
}

func pick(random *rand.Rand, words string) string {
	from := strings.Fields(words)
	return from[random.IntN(len(from))]
}

// folders returns the folders of a trail's layout, mostly with something wrong.
func (t *Tree) folders() []string {
	r := t.Random
	parts := append([]string{"AWSLogs", pick(r, accounts), pick(r, types), pick(r, regions)}, strings.Split(pick(r, days), "/")...)
	if r.IntN(3) == 0 {
		parts = slices.Insert(parts, 1, "o-exampleorgid")
	}
	if r.IntN(4) == 0 {
		parts = slices.Insert(parts, 0, pick(r, "logs prod a"))
	}
	for range r.IntN(3) {
		if len(parts) == 0 {
			break
		}
		at := r.IntN(len(parts))
		switch r.IntN(4) {
		case 0:
			parts = slices.Insert(parts, at, t.folder())
		case 1:
			parts[at] = t.folder()
		case 2:
			parts = slices.Delete(parts, at, at+1)
		case 3:
			parts = parts[:at]
		}
	}
	return parts
}

func (t *Tree) folder() string {
	if t.Keys && t.Random.IntN(6) == 0 {
		odd := []string{"", ".", "..", " ", "a\nb", "é"}
		return odd[t.Random.IntN(len(odd))]
	}
	return pick(t.Random, folders)
}

// name returns the name of a file, which is a log file's more often than not.
func (t *Tree) name() string {
	r := t.Random
	t.number++
	account, region := pick(r, accounts), pick(r, regions)
	switch r.IntN(10) {
	case 0:
		return fmt.Sprintf("%s_Config_%s_ConfigHistory_AWS::S3::Bucket_20240301T000000Z_%d.json.gz", account, region, t.number)
	case 1:
		return fmt.Sprintf("%s_CloudTrail-Digest_%s_trail_%s_20240301T000000Z_%d.json.gz", account, region, region, t.number)
	case 2:
		return fmt.Sprintf("%s%d", pick(r, "_SUCCESS .DS_Store notes.txt 0part- ~"), t.number)
	case 3:
		return fmt.Sprintf("copy%d.json.gz", t.number)
	case 4:
		if t.Keys {
			return "" // a folder marker; there may be another one of that key
		}
	}
	name := fmt.Sprintf("%s_CloudTrail_%s_202403%02dT0005Z_%08d", account, region, 1+r.IntN(28), t.number)
	if r.IntN(8) == 0 {
		return name
	}
	return name + pick(r, endings)
}

// Wanted reports whether a key names a log file that must be read, by rules that
// are as plain as can be: it is named as one, or lies in a delivery day's folder
// and is not named as something else, and no service's folder is around it. The
// days of Tree's keys are in every month.
func Wanted(key string) bool {
	const (
		region   = `[a-z]+(-[a-z]+)+-\d`
		named    = `^\d{12}_CloudTrail_` + region + `_\d{8}T\d{4}Z_.+$`
		ofOther  = `^\d{12}_[A-Za-z-]+_` + region + `_`
		inDay    = `^(?:.*?/)??\d{12}/(?i:cloudtrail)/` + region + `/(?:19[7-9]\d|[2-9]\d\d\d)/(?:0[1-9]|1[0-2])/(?:0[1-9]|[12]\d|3[01])/`
		services = `^(?:.*?/)??(?:\d{12}/(?:Config|CloudTrail-Digest|elasticloadbalancing)|aws-service=vpcflowlogs)/`
	)
	name, line := key[strings.LastIndexByte(key, '/')+1:], strings.ReplaceAll(key, "\n", " ")
	day, service := regexp.MustCompile(inDay).FindString(line), regexp.MustCompile(services).FindString(line)
	if service != "" && (day == "" || len(service) < len(day)) {
		return false
	}
	if regexp.MustCompile(named).MatchString(name) {
		return true
	}
	direct := day != "" && len(day)+len(name) == len(key)
	return direct && strings.HasSuffix(name, ".json.gz") && !regexp.MustCompile(ofOther).MatchString(name)
}
