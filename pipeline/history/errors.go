package history

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"

	smithy "github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"plantrail/pipeline/store"
)

// codeOf returns what the service calls an error; "" if it is none of the service's.
func codeOf(err error) string {
	var failed smithy.APIError
	if errors.As(err, &failed) {
		return failed.ErrorCode()
	}
	return ""
}

// isExpiredPage reports whether a page token was not taken: they hold for a while.
func isExpiredPage(err error) bool { return codeOf(err) == "InvalidNextTokenException" }

// isSkewed reports whether a request came from another time than the service's.
func isSkewed(err error) bool {
	switch codeOf(err) {
	case "InvalidSignatureException", "SignatureDoesNotMatch", "RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture":
		return true
	}
	return false
}

// isRefused reports whether the service refuses whoever asks, so that another may try.
func isRefused(err error) bool {
	code := codeOf(err)
	return isDenied(code) || isUntaken(code) || isExpired(code)
}

// isDenied: whoever asks may not.
func isDenied(code string) bool {
	return code == "AccessDenied" || code == "AccessDeniedException" || code == "UnauthorizedOperation"
}

// isUntaken: the credentials are none that the region takes.
func isUntaken(code string) bool {
	return code == "UnrecognizedClientException" || code == "InvalidClientTokenId" || code == "AuthFailure" || code == "OptInRequired"
}

func isExpired(code string) bool { return code == "ExpiredToken" || code == "ExpiredTokenException" }

// isAssuming reports whether an error is that of assuming a role.
func isAssuming(err error) bool {
	for {
		var failed *smithy.OperationError
		if !errors.As(err, &failed) {
			return false
		}
		if failed.OperationName == "AssumeRole" {
			return true
		}
		err = failed.Err
	}
}

// retried reports whether a request was throttled, and whether it may succeed later:
// unless the service has said why not, it may have failed on the way.
func retried(err error) (throttled, again bool) {
	switch codeOf(err) {
	case "ThrottlingException", "Throttling", "TooManyRequestsException", "RequestLimitExceeded":
		return true, true
	}
	var answer *smithyhttp.ResponseError
	var unknown *net.DNSError
	switch {
	case err == nil, errors.Is(err, context.Canceled), errors.As(err, &unknown) && unknown.IsNotFound:
		return false, false
	case errors.As(err, &answer) && answer.HTTPStatusCode() == http.StatusTooManyRequests:
		return true, true
	case errors.As(err, &answer) && answer.HTTPStatusCode() >= http.StatusInternalServerError:
		return false, true
	}
	return false, codeOf(err) == ""
}

// remedied says of an error what to do about it.
func remedied(u store.URL, err error) error {
	who := "the credentials"
	if u.RoleARN != "" {
		who = u.RoleARN
	}
	var unknown *net.DNSError
	switch code := codeOf(err); {
	case isAssuming(err):
		return fmt.Errorf("assume %s: %w", who, err)
	case isDenied(code):
		return fmt.Errorf("%w: allow %s cloudtrail:LookupEvents in %s (%w)", store.ErrDenied, who, u.Region, err)
	case isUntaken(code):
		return fmt.Errorf("%s does not take the credentials: check them, and that the region is enabled in the account (%w)", u.Region, err)
	case isSkewed(err):
		return fmt.Errorf("%s does not take the signature: check the secret access key, and that this machine's clock is right (%w)", u.Region, err)
	case isExpired(code):
		return fmt.Errorf("the credentials have expired: log in again (%w)", err)
	case errors.As(err, &unknown) && unknown.IsNotFound:
		return fmt.Errorf("there is no host %s: check the region's name, or name an endpoint (%w)", unknown.Name, err)
	}
	return err
}
