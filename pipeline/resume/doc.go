// Package resume knows what earlier runs have finished and what this one may claim.
//
// The log files of one region and delivery day are a [Batch]. A [Batcher] puts a
// unit's listed keys into batches, compares each with what the state remembers of
// it, a count and a digest, and sends only what that does not prove to be finished.
// A [Tracker] sees every log file that was sent come back, and claims a batch when
// all of them have. When a whole unit was listed, and all its batches are closed,
// it claims that those of its days are settled that are long enough over, so that
// nobody lists them again. Claims are handed out only after the rows that they are
// about are in the table, so a crash costs work and never a row.
//
// What holds, and what the code relies on:
//
//   - A batch's end may overtake its log files, and they may overtake it. So only
//     counts decide: a batch is closed when it was listed to its end and as many log
//     files came back as were sent.
//   - A unit's batches are listed before the unit is. So a unit is finished when the
//     batches that it names are closed, and no other can follow.
//   - A batch that was listed in part may be claimed, since a claim names by its
//     digest what it is about; but a unit that was listed in part settles nothing,
//     and of a month in part no count is replaced.
//   - Nobody changes a [Batch], a [BatchListed] or a [UnitListed] after it was sent.
//     What is known of a batch's progress is the tracker's alone, and the tracker is
//     one goroutine's.
//   - Each log file is in one batch, and is sent once. One that failed before is sent
//     on its own, counts in its batch's digest, and is not waited for by its batch:
//     until it is read, the state goes on naming it as failed.
//   - What the state names as failed is forgotten when it was read, or when neither
//     its name nor the listing of its day found it any more.
//   - A log file that failed is named in the claim of its batch. If it cannot be
//     named, because there are too many or it is archived, the batch is not claimed
//     and its day does not settle.
//   - A listing that has fewer log files than the one before settles nothing of its
//     unit, and a day that lacks some settles only when they are back, or when
//     everything was listed again on purpose.
//   - Nothing settles by a clock that is in doubt.
//   - Flat units settle nothing: they are listed whole each time.
//   - Where a claim and the state disagree, less is claimed.
//
// The package reads and writes nothing: listed keys and results in, claims out.
package resume
