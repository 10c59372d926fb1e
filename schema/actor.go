package schema

import "strings"

// Actor returns a readable name of who called: "root"; role/session for an
// assumed role, without the session where the role is a service's own; the service for
// an AWS service; else the first that is there of
// user name, last part of the ARN, Identity Center user, principal ID, invoking
// service and account; else, as for a nil identity, [Unknown].
func (u *UserIdentity) Actor() string {
	if u == nil {
		return Unknown
	}
	arn := lastPart(first(u.ARN))
	var named string
	switch first(u.Type) {
	case "Root":
		named = "root"
	case "AWSService":
		named = first(u.InvokedBy)
	case "AssumedRole":
		if named = u.serviceRole(); named == "" {
			named = u.roleSession(arn)
		}
	}
	var user *string
	if u.OnBehalfOf != nil {
		user = u.OnBehalfOf.UserID
	}
	name := Unknown
	return first(&named, u.UserName, &arn, user, u.PrincipalID, u.InvokedBy, u.AccountID, &name)
}

// roleSession returns role/session, or the one of them that is known. The role
// is the session's issuer, else it stands in the ARN, assumed-role/role/session.
func (u *UserIdentity) roleSession(arn string) string {
	role := u.role()
	principal := lastPart(first(u.PrincipalID)) // AROA…:session
	session := first(&arn, &principal)
	if role == "" || session == "" {
		return role + session
	}
	return role + "/" + session
}

func (u *UserIdentity) role() (role string) {
	if s := u.SessionContext; s != nil && s.SessionIssuer != nil {
		issuer := lastPart(first(s.SessionIssuer.ARN))
		role = first(s.SessionIssuer.UserName, &issuer)
	}
	if parts := strings.Split(first(u.ARN), "/"); role == "" && len(parts) > 2 && parts[2] != "" {
		role = parts[1]
	}
	return role
}

// serviceRole returns the role of a service that acts for itself, such as
// AWSServiceRoleForSupportPlans, if it is one that called. Nobody else can assume it.
func (u *UserIdentity) serviceRole() string {
	if role := u.role(); first(u.Type) == "AssumedRole" && strings.HasPrefix(role, ServiceRolePrefix) {
		return role
	}
	return ""
}

// lastPart returns what stands behind the last slash or colon of an ARN or a
// principal ID.
func lastPart(s string) string {
	return s[strings.LastIndexAny(s, "/:")+1:]
}
