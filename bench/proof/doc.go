// Package proof compares plantrail verify with others who check the same: the AWS CLI's
// validate-logs, on hundreds of trails that were changed in all ways, and a program of
// another language for certificates.
package proof
