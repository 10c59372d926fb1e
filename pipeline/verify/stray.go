package verify

import (
	"slices"
	"strings"

	"plantrail/pipeline/digest"
)

// A stray is a log file that lies where there are no digests. If it lies in a trail's tree
// all the same, in the folder of a day, of no region or of nobody, the trail's digests
// account for it: they name what CloudTrail put there.
type stray struct {
	uri, folder string
	region      string // account and region, as its name says
	delivered   digest.Span
}

// logsFolder is where a trail's tree begins.
const logsFolder = "AWSLogs/"

// stray takes a log file that lies where there are no digests.
func (c *collector) stray(s stray) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.strays) < maxFindings {
		c.strays = append(c.strays, s)
	}
}

// accounts enters what the digests of a unit's region account for.
func (c *collector) accounts(j *job) {
	root := j.unit.Source.URI(j.unit.Folder)
	at := strings.LastIndex(root, "/"+logsFolder)
	if j.unit.Flat() || at < 0 {
		return
	}
	tree := root[:at+len("/"+logsFolder)]
	if c.trees[tree] == nil {
		c.trees[tree] = map[string]digest.Spans{}
	}
	for region, spans := range j.proven {
		for _, span := range spans {
			c.trees[tree][region] = c.trees[tree][region].With(span)
		}
	}
}

// unlisted says which strays a digest must have named, and returns them. What was said of
// them before is taken back.
func (c *collector) unlisted() (uris []string) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for _, s := range c.strays {
		named := false
		for tree, regions := range c.trees {
			named = named || strings.HasPrefix(s.uri, tree) && regions[s.region].AccountFor(s.delivered)
		}
		if !named {
			continue
		}
		uris = append(uris, s.uri)
		c.find(digest.Unlisted, s.uri, "it lies beside its region's days, and no digest names it, though those of its hour are proven")
		c.r.LogFiles.Unproven--
		c.r.LogFiles.Unlisted++
		c.unlistedIn(s.folder)
	}
	c.strays = nil
	return uris
}

// unlistedIn moves a log file of a folder from those unproven to those unlisted.
func (c *collector) unlistedIn(folder string) {
	for i := range c.r.Units {
		u := &c.r.Units[i]
		if u.Folder != folder || u.LogFiles.Unproven == 0 {
			continue
		}
		u.LogFiles.Unproven--
		u.LogFiles.Unlisted++
		if u.LogFiles.Unproven == 0 {
			c.r.Findings = slices.DeleteFunc(c.r.Findings, func(f Finding) bool { return f.Key == folder && f.Error == turnOn })
		}
		return
	}
}
