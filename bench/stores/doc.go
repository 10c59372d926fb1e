// Package stores tries plantrail on S3 servers that people use, as far as they are
// there: see make stores. Its tests skip the others, and say so.
package stores
