package pipeline

import (
	"context"
	"fmt"
	"log/slog"

	"plantrail/pipeline/state"
	"plantrail/pipeline/table"
	"plantrail/pipeline/trail"
)

// checkContents finds out whether the table still has what the state rests on. What
// it has lost is unreachable, or, with Config.Repair, is to be read again.
func checkContents(ctx context.Context, c *Config, t *table.Table, checkpoints *state.Checkpoints, report *Report) error {
	losses, err := t.Check(ctx)
	if err != nil || len(losses) == 0 {
		return err
	}
	var days trail.Days
	for _, loss := range losses {
		c.Log.Warn("rows are lost", slog.String("partition", loss.Partition), slog.Any("error", loss),
			slog.String("from", loss.From), slog.String("to", loss.To))
		if !c.Repair {
			text := loss.Error() // of a damaged file it says what to do
			if loss.Err == nil {
				text = fmt.Sprintf("%s: plantrail run --repair reads the log files of %s to %s again", loss, loss.From, loss.To)
			}
			report.Unreachable = append(report.Unreachable, Unreachable{Unit: loss.URI, Error: text})
			continue
		}
		if loss.Err != nil {
			return fmt.Errorf("repair: %w", loss.Err)
		}
		var span trail.Span
		if err := span.From.UnmarshalText([]byte(loss.From)); err != nil {
			return fmt.Errorf("repair %s: %w", loss.Partition, err)
		}
		if err := span.To.UnmarshalText([]byte(loss.To)); err != nil {
			return fmt.Errorf("repair %s: %w", loss.Partition, err)
		}
		days = days.With(span)
	}
	if !c.Repair {
		return nil
	}
	// The states first: until they are all reopened, the loss is found again.
	for document, err := range t.Documents(ctx, "state") {
		if err == nil {
			err = checkpoints.Reopen(ctx, document, days)
		}
		if err != nil {
			return fmt.Errorf("repair: %w", err)
		}
	}
	return t.Forget(ctx, losses)
}
