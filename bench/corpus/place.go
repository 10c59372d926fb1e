package corpus

import (
	"path"
	"time"
)

// A place is where and when a log file is delivered.
type place struct {
	account   *account
	region    string
	delivered time.Time
}

// place returns that of the log file of a number: log files are numbered by
// account, region, day, and order of delivery.
func (m *maker) place(index int) place {
	unit, inUnit := index/m.cfg.filesPerUnit(), index%m.cfg.filesPerUnit()
	day, inDay := inUnit/m.cfg.FilesPerDay, inUnit%m.cfg.FilesPerDay
	first := m.cfg.FirstDay.UTC().Truncate(24 * time.Hour)
	return place{
		account:   m.plan.accounts[unit/len(m.cfg.Regions)],
		region:    m.cfg.Regions[unit%len(m.cfg.Regions)],
		delivered: first.AddDate(0, 0, day).Add(24 * time.Hour * time.Duration(inDay) / time.Duration(m.cfg.FilesPerDay)).Truncate(collected),
	}
}

// key returns the key of a log file with a random name.
func (p place) key(org, name string) string {
	return path.Join("AWSLogs", org, p.account.id, "CloudTrail", p.region, p.delivered.Format("2006/01/02"),
		p.account.id+"_CloudTrail_"+p.region+"_"+p.delivered.Format("20060102T1504Z")+"_"+name+".json.gz")
}
