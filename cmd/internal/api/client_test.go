package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"orderq/cmd/internal/api"
	"orderq/cmd/internal/config"
	"orderq/store/storetest"
	"orderq/tasks/httpclient"
)

var update = flag.Bool("update", false, "write the clients' document anew")

// The Go client is generated from this file, and so may others be.
func TestTheClientsDocumentIsTheServers(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles), func(_ *config.Config, a *api.Config) { a.Version = "v1" })
	var text bytes.Buffer
	if err := json.Indent(&text, []byte(r.doc.text), "", " "); err != nil {
		t.Fatal(err)
	}
	text.WriteByte('\n')
	path := filepath.Join("..", "..", "..", "tasks", "httpclient", "openapi.json")
	if *update {
		if err := os.WriteFile(path, text.Bytes(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if kept, err := os.ReadFile(path); err != nil || !bytes.Equal(kept, text.Bytes()) {
		t.Errorf("%s is not what the server says, %v: go test ./cmd/internal/api -run ClientsDocument -update && go generate ./tasks/httpclient", path, err)
	}
}

func TestTheGeneratedClientPlacesRepeatsAndReads(t *testing.T) {
	t.Parallel()
	r := newRig(t, storetest.Embedded(t), tokens(roles))
	ctx := t.Context()
	bearing := func(token string) httpclient.ClientOption {
		return httpclient.WithRequestEditorFn(func(_ context.Context, req *http.Request) error {
			req.Header.Set("Authorization", "Bearer "+canary+"-"+token)
			return nil
		})
	}
	dial := func(token string) *httpclient.ClientWithResponses {
		t.Helper()
		c, err := httpclient.NewClientWithResponses(r.url, httpclient.WithHTTPClient(r.client), bearing(token))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	c := dial("p")
	intent := httpclient.PlaceOrderJSONRequestBody{
		Reference: new("crm-4711"), Kind: "add_recording_minutes", ProductNo: new("3658B431119665QJ"), Quantity: new(1000),
	}
	first, err := c.PlaceOrderWithResponse(ctx, nil, intent)
	if err != nil || first.JSON202 == nil || *first.JSON202.ID != "oqkj4thvgdmn4trk6peltd7uvg" || *first.JSON202.State != "accepted" {
		t.Fatalf("%s, %v", first.Body, err)
	}
	again, err := c.PlaceOrderWithResponse(ctx, &httpclient.PlaceOrderParams{IdempotencyKey: new("crm-4711")}, intent)
	if err != nil || again.JSON200 == nil || *again.JSON200.ID != *first.JSON202.ID || again.HTTPResponse.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s, %v", again.Body, err)
	}
	intent.Quantity = new(500)
	other, err := c.PlaceOrderWithResponse(ctx, nil, intent)
	if err != nil || other.ApplicationProblemJSON422 == nil || *other.ApplicationProblemJSON422.Suggestion != "crm-4711-2" || *other.ApplicationProblemJSON422.Holder.ID != *first.JSON202.ID {
		t.Errorf("%s, %v", other.Body, err)
	}
	got, err := c.GetOrderWithResponse(ctx, "crm-4711", nil)
	if err != nil || got.JSON200 == nil || *got.JSON200.Quantity != 1000 {
		t.Errorf("%s, %v", got.Body, err)
	}
	list, err := c.ListOrdersWithResponse(ctx, &httpclient.ListOrdersParams{Reference: new("crm-4711")})
	if err != nil || list.JSON200 == nil || len(*list.JSON200.Orders) != 1 || *(*list.JSON200.Orders)[0].ID != *first.JSON202.ID {
		t.Errorf("%s, %v", list.Body, err)
	}
	if none, err := c.GetOrderWithResponse(ctx, "a/b", nil); err != nil || none.ApplicationProblemJSON404 == nil || *none.ApplicationProblemJSON404.Type != "/problems/not-found" {
		t.Errorf("%s, %v", none.Body, err)
	}
	if refused, err := dial("v").PlaceOrderWithResponse(ctx, nil, intent); err != nil || refused.ApplicationProblemJSON403 == nil {
		t.Errorf("%s, %v", refused.Body, err)
	}
}
