package store

import (
	"fmt"
	"strings"
)

// HistoryScheme is what names CloudTrail's Event history.
const HistoryScheme = "cloudtrail://"

const historyParameters = "profile, role_arn, external_id, endpoint"

// parseHistory reads cloudtrail://region?profile=&role_arn=&external_id=&endpoint=.
// Without a region it is that of several.
func parseHistory(s string) (URL, error) {
	region, query, _ := strings.Cut(strings.TrimPrefix(s, HistoryScheme), "?")
	region = strings.TrimSuffix(region, "/")
	if strings.Trim(region, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
		return URL{}, fmt.Errorf("%s: not a region's name: write cloudtrail://us-east-1, or cloudtrail:// for the regions that Support Plans events are known from", shown(s))
	}
	u := URL{History: true, Region: region}
	if err := u.setAll(s, query); err != nil {
		return URL{}, err
	}
	if u.Region != region || u.PathStyle || u.RequesterPays || u.ExpectedOwner != "" || u.Layout != Delivered {
		return URL{}, fmt.Errorf("%s: Event history takes the parameters %s", shown(s), historyParameters)
	}
	return u, nil
}
