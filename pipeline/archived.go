package pipeline

import (
	"fmt"
	"log/slog"

	"plantrail/pipeline/trail"
)

// archived counts log files in archive storage, a region at a time: there are
// years of them, or none.
type archived map[string]*archivedLogFiles

type archivedLogFiles struct {
	count int64
	days  trail.Span
}

// add counts a log file. The first of each region is logged.
func (a *archived) add(file *logFile, log *slog.Logger) {
	if *a == nil {
		*a = archived{}
	}
	folder := file.source.URI(file.Batch.Folder)
	files := (*a)[folder]
	if files == nil {
		files = &archivedLogFiles{days: trail.Span{From: file.Named.Day, To: file.Named.Day}}
		(*a)[folder] = files
		log.Warn("archived", slog.String("unit", folder), slog.String("key", file.uri()))
	}
	files.count++
	files.days = trail.Span{From: min(files.days.From, file.Named.Day), To: max(files.days.To, file.Named.Day)}
}

// unreachable names the regions, and what to do about them.
func (a archived) unreachable() []Unreachable {
	var list []Unreachable
	for folder, files := range a {
		list = append(list, Unreachable{Unit: folder, Error: fmt.Sprintf("%d log files of %s to %s are in archive storage: "+
			"restore them (S3 Batch Operations restores many, aws s3api restore-object one) and run again, or select later days",
			files.count, files.days.From, files.days.To)})
	}
	return list
}
