package schema

import "time"

// JSON is a column that holds a JSON value as delivered, compacted: every byte
// except white space between tokens is kept, so numbers keep all their digits.
type JSON string

// Event is one row of the table: one Support Plans event.
//
// A nil pointer is a null column. A column is null when the record lacks the
// field, has null there, or has a value that the column's type cannot hold;
// RawEvent then still has the value. Times are in UTC and cut to milliseconds.
// The field of the CloudTrail record that a column comes from is in its json
// tag; a column without one says in its comment how it is made.
type Event struct {
	// EventTime is when the request was completed, by the clock of the service
	// host. Never null: a record without it goes to the quarantine.
	EventTime time.Time `parquet:"eventtime,timestamp(millisecond)" json:"eventTime"`
	// EventVersion is the version of CloudTrail's record format, such as "1.08".
	EventVersion *string `parquet:"eventversion,dict" json:"eventVersion"`
	// EventSource is the service called, one of [EventSources]. Never null.
	EventSource string `parquet:"eventsource,dict" json:"eventSource"`
	// EventName is the operation, such as "StartSupportPlanUpdate".
	EventName *string `parquet:"eventname,dict" json:"eventName"`
	// EventType is what made the event, such as "AwsApiCall".
	EventType *string `parquet:"eventtype,dict" json:"eventType"`
	// EventCategory is "Management" for every event documented so far.
	EventCategory *string `parquet:"eventcategory,dict" json:"eventCategory"`
	// EventID is CloudTrail's identifier of the event, a UUID. Some published
	// events share one; EventTime and EventName then tell them apart.
	EventID *string `parquet:"eventid" json:"eventID"`
	// AWSRegion is the region that handled the request.
	AWSRegion *string `parquet:"awsregion,dict" json:"awsRegion"`
	// SourceIPAddress is the caller's address, or the name of the AWS service
	// that called on its behalf.
	SourceIPAddress *string `parquet:"sourceipaddress,dict" json:"sourceIPAddress"`
	// UserAgent is what the caller said it was. Hostile text.
	UserAgent *string `parquet:"useragent,dict" json:"userAgent"`
	// ErrorCode is the service's error when the request was refused or failed;
	// null when it went through.
	ErrorCode *string `parquet:"errorcode,dict" json:"errorCode"`
	// ErrorMessage describes ErrorCode.
	ErrorMessage *string `parquet:"errormessage,dict" json:"errorMessage"`
	// RequestID is the service's identifier of the request.
	RequestID *string `parquet:"requestid" json:"requestID"`
	// APIVersion is the version of the service's API. A number becomes its text.
	APIVersion *string `parquet:"apiversion,dict" json:"apiVersion"`
	// RecipientAccountID is the account that received the event, 12 digits.
	RecipientAccountID *string `parquet:"recipientaccountid,dict" json:"recipientAccountId"`
	// SharedEventID is common to the copies of an event that went to several
	// accounts; each copy has an EventID of its own.
	SharedEventID *string `parquet:"sharedeventid" json:"sharedEventID"`
	// VPCEndpointID is the VPC endpoint through which the request came.
	VPCEndpointID *string `parquet:"vpcendpointid,dict" json:"vpcEndpointId"`
	// VPCEndpointAccountID is the account that owns the VPC endpoint.
	VPCEndpointAccountID *string `parquet:"vpcendpointaccountid,dict" json:"vpcEndpointAccountId"`
	// ReadOnly is whether the operation changes nothing.
	ReadOnly *bool `parquet:"readonly" json:"readOnly"`
	// ManagementEvent is whether the event is a management event.
	ManagementEvent *bool `parquet:"managementevent" json:"managementEvent"`
	// SessionCredentialFromConsole is whether the request came from a console
	// session. CloudTrail writes it as a string, "true" or "false".
	SessionCredentialFromConsole *bool `parquet:"sessioncredentialfromconsole" json:"sessionCredentialFromConsole"`
	// RequestParameters is what the caller sent.
	RequestParameters *JSON `parquet:"requestparameters" json:"requestParameters"`
	// ResponseElements is what the service answered; null for most reads.
	ResponseElements *JSON `parquet:"responseelements" json:"responseElements"`
	// AdditionalEventData is what fits neither the request nor the response.
	AdditionalEventData *JSON `parquet:"additionaleventdata" json:"additionalEventData"`
	// ServiceEventDetails describes an event that no request caused.
	ServiceEventDetails *JSON `parquet:"serviceeventdetails" json:"serviceEventDetails"`
	// EdgeDeviceDetails describes the edge device a request was made to.
	EdgeDeviceDetails *JSON `parquet:"edgedevicedetails" json:"edgeDeviceDetails"`
	// EventContext is what event version 1.11 and later say beside the request: tags
	// of resources, and keys of conditions. New in schema version 2.
	EventContext *JSON `parquet:"eventcontext" json:"eventContext"`
	// Resources are the resources the request touched.
	Resources []Resource `parquet:"resources,optional,list" json:"resources"`
	// UserIdentity is who called.
	UserIdentity *UserIdentity `parquet:"useridentity" json:"userIdentity"`
	// TLSDetails is how the connection was secured.
	TLSDetails *TLSDetails `parquet:"tlsdetails" json:"tlsDetails"`
	// Addendum says why an event was delivered late, or again, and what changed.
	Addendum *Addendum `parquet:"addendum" json:"addendum"`
	// SupportLevel is the support level asked for, as written: BASIC, DEVELOPER,
	// BUSINESS, …, or the older new_developer and the like. It comes from
	// requestParameters.update.supportLevel or requestParameters.supportLevel,
	// else from the same places in responseElements.
	SupportLevel *string `parquet:"supportlevel,dict" json:"-"`
	// SupportPlanUpdateARN is the update or schedule that the call made or asked
	// about: supportPlanUpdateArn of requestParameters, else of responseElements.
	SupportPlanUpdateARN *string `parquet:"supportplanupdatearn,dict" json:"-"`
	// Schedule is the change of plan asked for ahead of time:
	// requestParameters.scheduleCreationDetails.
	Schedule *Schedule `parquet:"schedule" json:"-"`
	// LogFile is the URI of the log file that the row came from, of all that
	// delivered the event, or cloudtrail://ACCOUNT/REGION, for Event history. Never
	// null.
	LogFile string `parquet:"logfile" json:"-"`
	// RawEvent is the whole record as delivered, compacted. Never null. What not
	// every reader of JSON takes is replaced: see compact.
	RawEvent JSON `parquet:"rawevent" json:"-"`
}

// Resource is one resource that a request touched.
type Resource struct {
	// ARN identifies the resource.
	ARN *string `parquet:"arn,dict" json:"ARN"`
	// ARNPrefix identifies a set of resources by the start of their ARNs.
	ARNPrefix *string `parquet:"arnprefix,dict" json:"ARNPrefix"`
	// AccountID is the account that owns the resource.
	AccountID *string `parquet:"accountid,dict" json:"accountId"`
	// Type is the resource's type, such as "AWS::S3::Object".
	Type *string `parquet:"type,dict" json:"type"`
}

// TLSDetails is how the connection of a request was secured.
type TLSDetails struct {
	// TLSVersion is the protocol version, such as "TLSv1.3".
	TLSVersion *string `parquet:"tlsversion,dict" json:"tlsVersion"`
	// CipherSuite is the cipher suite in TLS's own naming.
	CipherSuite *string `parquet:"ciphersuite,dict" json:"cipherSuite"`
	// ClientProvidedHostHeader is the host name that the client asked for.
	ClientProvidedHostHeader *string `parquet:"clientprovidedhostheader,dict" json:"clientProvidedHostHeader"`
	// KeyExchange is the key exchange that was agreed on.
	KeyExchange *string `parquet:"keyexchange,dict" json:"keyExchange"`
}

// Addendum says why an event was delivered late, or again.
type Addendum struct {
	// Reason is DELIVERY_DELAY, UPDATED_DATA or SERVICE_OUTAGE.
	Reason *string `parquet:"reason,dict" json:"reason"`
	// UpdatedFields names the fields that the addendum changes.
	UpdatedFields *string `parquet:"updatedfields,dict" json:"updatedFields"`
	// OriginalRequestID is the RequestID of the event that is amended.
	OriginalRequestID *string `parquet:"originalrequestid" json:"originalRequestID"`
	// OriginalEventID is the EventID of the event that is amended.
	OriginalEventID *string `parquet:"originaleventid" json:"originalEventID"`
}

// Schedule is a change of plan asked for ahead of time.
type Schedule struct {
	// StartLevel is the support level that begins at StartTimestamp.
	StartLevel *string `parquet:"startlevel,dict" json:"startLevel"`
	// StartOffer is the offer under which StartLevel is billed.
	StartOffer *string `parquet:"startoffer,dict" json:"startOffer"`
	// StartTimestamp is when StartLevel begins.
	StartTimestamp *time.Time `parquet:"starttimestamp,timestamp(millisecond)" json:"startTimestamp"`
	// EndLevel is the support level that begins at EndTimestamp.
	EndLevel *string `parquet:"endlevel,dict" json:"endLevel"`
	// EndOffer is the offer under which EndLevel is billed.
	EndOffer *string `parquet:"endoffer,dict" json:"endOffer"`
	// EndTimestamp is when StartLevel ends and EndLevel begins.
	EndTimestamp *time.Time `parquet:"endtimestamp,timestamp(millisecond)" json:"endTimestamp"`
}
