// Package deploy holds tests of the files in cmd/plantrail/deploy: they are
// decoded strictly, compared with what the program does, and carried out, as far
// as they can be without a cluster or an account, on a real S3 server.
package deploy
