package queues_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"orderq/cmd/internal/queues"
	"orderq/store/storetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

type connOpt struct{ o *redis.Options }

func (c connOpt) MakeRedisClient() any { return redis.NewClient(c.o) }

// dashboard is one with a task whose payload has the tutorials' ids as numbers.
func dashboard(t *testing.T) *queues.Dashboard {
	t.Helper()
	conn := connOpt{storetest.Embedded(t).Options}
	d := queues.New(conn)
	client := asynq.NewClient(conn)
	t.Cleanup(func() { _, _ = client.Close(), d.Close() })
	if _, err := client.Enqueue(asynq.NewTask("order:place", []byte(`{"connectionPlanId":3048571730026938368}`)), asynq.Queue("orders"), asynq.TaskID("oq1")); err != nil {
		t.Fatal(err)
	}
	return d
}

func ask(h http.Handler, method, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(method, path, nil))
	return w
}

func TestThePageLoadsNothingFromOtherHosts(t *testing.T) {
	t.Parallel()
	d := dashboard(t)
	for _, path := range []string{"/queues/", "/queues/queues/orders", "/queues/no-such-page"} {
		got := ask(d.Show(), "GET", path)
		page := got.Body.String()
		if got.Code != http.StatusOK || !strings.Contains(page, `<div id="root">`) {
			t.Fatalf("%s: %d %s", path, got.Code, page)
		}
		if strings.Contains(page, "manifest") {
			t.Errorf("%s: a browser asks for the manifest without its password", path)
		}
		if strings.Contains(page, "://") {
			t.Errorf("%s names another host: %s", path, page)
		}
		policy := got.Header().Get("Content-Security-Policy")
		for _, part := range []string{"default-src 'none'", "connect-src 'self'", "font-src 'self'", "frame-ancestors 'none'"} {
			if !strings.Contains(policy, part) {
				t.Errorf("%s: policy %q", path, policy)
			}
		}
		script, _, _ := strings.Cut(strings.Split(policy, "script-src ")[1], ";")
		if strings.Contains(script, "unsafe") || strings.Count(script, "sha256-") != strings.Count(page, "<script>") {
			t.Errorf("%s: scripts %q for %d inline", path, script, strings.Count(page, "<script>"))
		}
		for _, asset := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
			if a := ask(d.Show(), "GET", asset[1]); a.Code != http.StatusOK || strings.HasPrefix(a.Header().Get("Content-Type"), "text/html") {
				t.Errorf("%s: %d as %s", asset[1], a.Code, a.Header().Get("Content-Type"))
			}
		}
	}
}

func TestIDsAboveTwoToThe53AreShownDigitForDigit(t *testing.T) {
	t.Parallel()
	d := dashboard(t)
	var task struct{ Payload string }
	got := ask(d.Show(), "GET", "/queues/api/queues/orders/tasks/oq1")
	if err := json.Unmarshal(got.Body.Bytes(), &task); err != nil {
		t.Fatal(err, got.Body)
	}
	// What the page's script does with it.
	var parsed map[string]any
	if err := json.Unmarshal([]byte(task.Payload), &parsed); err != nil || parsed["connectionPlanId"] != "3048571730026938368" {
		t.Errorf("%s: %v, %v", task.Payload, parsed, err)
	}
}

func TestViewersChangeNothingAndOperatorsDo(t *testing.T) {
	t.Parallel()
	d := dashboard(t)
	for method, path := range map[string]string{
		"POST": "/queues/api/queues/orders:pause", "DELETE": "/queues/api/queues/orders/pending_tasks/oq1",
	} {
		if got := ask(d.Show(), method, path); got.Code != http.StatusMethodNotAllowed {
			t.Errorf("viewer: %s %s: %d", method, path, got.Code)
		}
	}
	if page := ask(d.Show(), "GET", "/queues/").Body.String(); !strings.Contains(page, `FLAG_READ_ONLY="true"`) {
		t.Errorf("a viewer is shown buttons: %s", page)
	}
	if got := ask(d.Show(), "GET", "/queues/api/queues/orders/tasks/oq1"); got.Code != http.StatusOK {
		t.Errorf("a viewer has deleted the task: %d", got.Code)
	}
	if page := ask(d.Operate(), "GET", "/queues/").Body.String(); !strings.Contains(page, `FLAG_READ_ONLY="false"`) {
		t.Errorf("an operator is shown no buttons: %s", page)
	}
	if got := ask(d.Operate(), "DELETE", "/queues/api/queues/orders/pending_tasks/oq1"); got.Code != http.StatusNoContent {
		t.Errorf("an operator deletes a task: %d", got.Code)
	}
	if got := ask(d.Show(), "GET", "/queues/api/queues/orders/tasks/oq1"); got.Code != http.StatusNotFound {
		t.Errorf("after it was deleted: %d", got.Code)
	}
}
