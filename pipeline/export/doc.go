// Package export finds CloudTrail records in files that CloudTrail did not write
// itself: downloads from the console, answers of LookupEvents, events that
// EventBridge, CloudWatch Logs, SNS or SQS carried and Firehose or a SIEM stored.
//
// A record is known by its fields, not by where it stands: an object with the
// texts eventSource, eventName and eventTime. [Records] looks for it
//
//   - in a sequence of JSON documents with anything or nothing between them: one a
//     line, concatenated, pretty printed, or each after a time stamp in its line,
//   - in the members and elements of what is no record itself,
//   - in texts that hold JSON, such as CloudTrailEvent, Message, Body and _raw,
//   - in texts that hold base64 of JSON or of its gzip, such as awslogs.data,
//   - in the cells of comma-separated values.
//
// Each part of a file is either passed on or accounted for. What stands beside records
// and is none is counted, and the first is named: a document that holds no record, and an
// element that holds none of an array another element of which holds one. What breaks is
// counted apart, since it may have held records. Its wrapping is taken off as far as it
// is whole, so that the records before the break are passed on; the search goes on with
// the next line.
package export
