package schema

import "time"

// UserIdentity is who made a request.
type UserIdentity struct {
	// Type is the kind of identity, such as "Root", "IAMUser" or "AssumedRole".
	Type *string `parquet:"type,dict" json:"type"`
	// PrincipalID is the identity's unique identifier.
	PrincipalID *string `parquet:"principalid,dict" json:"principalId"`
	// ARN names the identity.
	ARN *string `parquet:"arn,dict" json:"arn"`
	// AccountID is the account that granted the permissions, 12 digits.
	AccountID *string `parquet:"accountid,dict" json:"accountId"`
	// AccessKeyID is the access key that signed the request.
	AccessKeyID *string `parquet:"accesskeyid,dict" json:"accessKeyId"`
	// UserName is the identity's friendly name.
	UserName *string `parquet:"username,dict" json:"userName"`
	// InvokedBy is the AWS service that made the request for the identity.
	InvokedBy *string `parquet:"invokedby,dict" json:"invokedBy"`
	// IdentityProvider is who vouched for a federated identity.
	IdentityProvider *string `parquet:"identityprovider,dict" json:"identityProvider"`
	// CredentialID identifies the bearer token that was used.
	CredentialID *string `parquet:"credentialid,dict" json:"credentialId"`
	// OnBehalfOf is the IAM Identity Center user behind the request.
	OnBehalfOf *OnBehalfOf `parquet:"onbehalfof" json:"onBehalfOf"`
	// InScopeOf is the AWS resource that the credentials were issued to.
	InScopeOf *InScopeOf `parquet:"inscopeof" json:"inScopeOf"`
	// InvokedByDelegate is the delegate that made the request.
	InvokedByDelegate *InvokedByDelegate `parquet:"invokedbydelegate" json:"invokedByDelegate"`
	// SessionContext describes the session of temporary credentials.
	SessionContext *SessionContext `parquet:"sessioncontext" json:"sessionContext"`
}

// OnBehalfOf is an IAM Identity Center user.
type OnBehalfOf struct {
	// UserID identifies the user in the identity store.
	UserID *string `parquet:"userid,dict" json:"userId"`
	// IdentityStoreARN names the identity store.
	IdentityStoreARN *string `parquet:"identitystorearn,dict" json:"identityStoreArn"`
}

// InScopeOf is the AWS resource that credentials were issued to.
type InScopeOf struct {
	// SourceARN names the resource that called the service.
	SourceARN *string `parquet:"sourcearn,dict" json:"sourceArn"`
	// SourceAccount is the account that owns it.
	SourceAccount *string `parquet:"sourceaccount,dict" json:"sourceAccount"`
	// IssuerType is the kind of resource, such as "AWS::Lambda::Function".
	IssuerType *string `parquet:"issuertype,dict" json:"issuerType"`
	// CredentialsIssuedTo is the resource that holds the credentials.
	CredentialsIssuedTo *string `parquet:"credentialsissuedto,dict" json:"credentialsIssuedTo"`
}

// InvokedByDelegate is the account that a request was delegated to.
type InvokedByDelegate struct {
	// AccountID is the delegate's account, 12 digits.
	AccountID *string `parquet:"accountid,dict" json:"accountId"`
}

// SessionContext describes the session of temporary credentials.
type SessionContext struct {
	// Attributes are when and how the session began.
	Attributes *SessionAttributes `parquet:"attributes" json:"attributes"`
	// SessionIssuer is who issued the credentials, usually a role.
	SessionIssuer *SessionIssuer `parquet:"sessionissuer" json:"sessionIssuer"`
	// WebIDFederationData is the web identity behind the session.
	WebIDFederationData *WebIDFederationData `parquet:"webidfederationdata" json:"webIdFederationData"`
	// SourceIdentity is the original identity, carried through role chains.
	SourceIdentity *string `parquet:"sourceidentity,dict" json:"sourceIdentity"`
	// EC2RoleDelivery is the version of the instance metadata service that
	// delivered the credentials: "1.0" or "2.0".
	EC2RoleDelivery *string `parquet:"ec2roledelivery,dict" json:"ec2RoleDelivery"`
	// AssumedRoot is whether the session is a short-term root session.
	AssumedRoot *bool `parquet:"assumedroot" json:"assumedRoot"`
	// SignInSessionARN names the sign-in session of the console.
	SignInSessionARN *string `parquet:"signinsessionarn,dict" json:"signInSessionArn"`
}

// SessionAttributes are when and how a session began.
type SessionAttributes struct {
	// MFAAuthenticated is whether a second factor was given. CloudTrail writes
	// it as a string, "true" or "false".
	MFAAuthenticated *bool `parquet:"mfaauthenticated" json:"mfaAuthenticated"`
	// CreationDate is when the credentials were issued.
	CreationDate *time.Time `parquet:"creationdate,timestamp(millisecond)" json:"creationDate"`
}

// SessionIssuer is who issued temporary credentials.
type SessionIssuer struct {
	// Type is the kind of issuer, such as "Role".
	Type *string `parquet:"type,dict" json:"type"`
	// PrincipalID is the issuer's unique identifier.
	PrincipalID *string `parquet:"principalid,dict" json:"principalId"`
	// ARN names the issuer.
	ARN *string `parquet:"arn,dict" json:"arn"`
	// AccountID is the issuer's account, 12 digits.
	AccountID *string `parquet:"accountid,dict" json:"accountId"`
	// UserName is the issuer's friendly name.
	UserName *string `parquet:"username,dict" json:"userName"`
}

// WebIDFederationData is the web identity behind a session.
type WebIDFederationData struct {
	// FederatedProvider is the identity provider.
	FederatedProvider *string `parquet:"federatedprovider,dict" json:"federatedProvider"`
	// Attributes are what the provider said, a JSON object.
	Attributes *JSON `parquet:"attributes" json:"attributes"`
}
