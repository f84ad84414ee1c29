package httpclient_test

import (
	"io"
	"net/http"
	"strings"
	"testing"

	"orderq/tasks/httpclient"
)

// What stands between may say when to come back in a date's form: its no must be read all the same.
func TestADateInRetryAfterDoesNotHideTheAnswer(t *testing.T) {
	t.Parallel()
	const date = "Wed, 25 Nov 2026 08:00:00 GMT"
	got, err := httpclient.ParsePlaceOrderResponse(&http.Response{
		StatusCode: http.StatusServiceUnavailable, Header: http.Header{"Retry-After": {date}}, Body: io.NopCloser(strings.NewReader("try later")),
	})
	if err != nil || got.Headers503 == nil || got.Headers503.RetryAfter == nil || *got.Headers503.RetryAfter != date {
		t.Errorf("%+v, %v", got, err)
	}
}
