package cli

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"orderq/store"
	"orderq/tasks"
	"orderq/yeastar/yeastartest"
)

var examples = filepath.Join("..", "..", "..", "docs", "examples")

// languages are those of the examples: what runs them, the files, and whether CI must have it.
var languages = []struct {
	name, runs, order, webhook string
	needs                      string // by the webhook's, beside runs
	ci                         bool
}{
	{"curl", "sh", "curl/order.sh", "curl/webhook.sh", "openssl", true},
	{"python", "python3", "python/order.py", "python/webhook.py", "", true},
	{"node", "node", "node/order.mjs", "node/webhook.mjs", "", false},
	{"php", "php", "php/order.php", "php/webhook.php", "", true},
}

// mustHave skips a test of what is not installed, and fails it in CI where CI has to have it.
func mustHave(t *testing.T, program string, ci bool) {
	t.Helper()
	if _, err := exec.LookPath(program); err != nil {
		if ci && os.Getenv("CI") != "" {
			t.Fatalf("%s is not on the PATH; in CI it must be: .ci/run installs it", program)
		}
		t.Skipf("%s is not installed", program)
	}
}

// example runs one and gives what it said and how it ended. One that does not end is stopped, so that its own test fails and
// says what it said.
func example(t *testing.T, env []string, stdin string, words ...string) (out string, code int) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	cmd := exec.CommandContext(ctx, words[0], words[1:]...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stdin = strings.NewReader(stdin)
	text, err := cmd.CombinedOutput()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(text)), cmd.ProcessState.ExitCode()
}

func TestTheExamplesOrderOnceAndWaitForTheOrder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.set("ORDERQ_API_TOKENS", "crm:producer:canary-client-secret-p")
	up := d.start("up", "--listen", "127.0.0.1:0")
	at := strings.TrimSuffix(up.err.await(t, `"api":"([^"]+)"`), "/v1")
	env := []string{"ORDERQ_URL=" + at, "ORDERQ_TOKEN=canary-client-secret-p"}
	t.Run("each", func(t *testing.T) {
		for i, l := range languages {
			t.Run(l.name, func(t *testing.T) {
				t.Parallel()
				mustHave(t, l.runs, l.ci)
				if l.name == "curl" {
					mustHave(t, "curl", true)
				}
				minutes := strconv.Itoa(1000 + i)
				words := []string{l.runs, filepath.Join(examples, l.order), l.name + "-1", yeastartest.TutorialExpandPBX, minutes}
				first, code := example(t, env, "", words...)
				if code != 0 || !strings.HasPrefix(first, "placed ") || len(first) < len("placed EK1") {
					t.Fatalf("exit %d: %s", code, first)
				}
				if again, code := example(t, env, "", words...); code != 0 || again != first {
					t.Errorf("again: exit %d: %s, want %s", code, again, first)
				}
				words[4] = "1"
				if other, code := example(t, env, "", words...); code == 0 || !strings.Contains(other, "belongs to order") {
					t.Errorf("another intent: exit %d: %s", code, other)
				}
				words[2], words[4] = l.name+"-2", minutes
				if alike, code := example(t, env, "", words...); code != 4 || !strings.HasPrefix(alike, "held") || !strings.Contains(alike, "looks like order") {
					t.Errorf("one that looks like the first: exit %d: %s", code, alike)
				}
				// A PBX of its own: where two languages name the same, one may be held for looking like the other.
				words[2], words[3] = l.name+"-3", fmt.Sprintf("3658B4311000040%d", i)
				if none, code := example(t, env, "", words...); code != 3 || !strings.HasPrefix(none, "rejected") {
					t.Errorf("a PBX that is not there: exit %d: %s", code, none)
				}
			})
		}
	})
	placed := map[string]int{}
	for _, o := range d.portal.Ledger().Orders {
		placed[o.PONumber]++
	}
	for po, n := range placed {
		if n > 1 {
			t.Errorf("%s was ordered %d times", po, n)
		}
	}
	if len(placed) == 0 {
		t.Error("nothing was ordered")
	}
}

func TestTheExamplesTakeGenuineWebhooksAlone(t *testing.T) {
	t.Parallel()
	key := []byte("a key of thirty-two bytes, or so")
	secret := "whsec_" + base64.StdEncoding.EncodeToString(key)
	const id, body = "msg_1", `{"type":"order.placed","data":{"reference":"ä"}}`
	sign := func(key []byte, at string) string {
		mac := hmac.New(sha256.New, key)
		fmt.Fprintf(mac, "%s.%s.%s", id, at, body)
		return "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil))
	}
	for _, l := range languages {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			mustHave(t, l.runs, l.ci)
			if l.needs != "" {
				mustHave(t, l.needs, true)
			}
			// Of this moment: parallel tests may wait for minutes until it is their turn.
			now, old := strconv.FormatInt(time.Now().Unix(), 10), strconv.FormatInt(time.Now().Add(-time.Hour).Unix(), 10)
			for name, c := range map[string]struct {
				at, signatures, body string
				genuine              bool
			}{
				"genuine":               {now, sign(key, now), body, true},
				"two secrets":           {now, sign([]byte("old"), now) + " " + sign(key, now), body, true},
				"another secret":        {now, sign([]byte("old"), now), body, false},
				"another body":          {now, sign(key, now), body + " ", false},
				"another version":       {now, "v2" + sign(key, now)[2:], body, false},
				"no signature":          {now, "", body, false},
				"an hour old":           {old, sign(key, old), body, false},
				"another time":          {now, sign(key, old), body, false},
				"half of the signature": {now, sign(key, now)[:20], body, false},
			} {
				out, code := example(t, []string{"WEBHOOK_SECRET=" + secret}, c.body, l.runs, filepath.Join(examples, l.webhook), id, c.at, c.signatures)
				if (code == 0) != c.genuine || (out == "genuine") != c.genuine {
					t.Errorf("%s: exit %d: %s", name, code, out)
				}
			}
		})
	}
}

func TestTheExampleWithAsynqAloneOrdersOnce(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.worker()
	at, _ := d.lookup("ORDERQ_REDIS_URL")
	words := []string{"go", "run", "orderq/docs/examples/go-asynq", "-redis", at, "-reference", "crm-4711", "-product-no", yeastartest.TutorialExpandPBX, "-quantity", "1000"}
	for range 2 {
		if out, code := example(t, nil, "", words...); code != 0 || out != tasks.OrderID("", "crm-4711") {
			t.Fatalf("exit %d: %s", code, out)
		}
	}
	if o := order(t, d.must(exitDone, "order", "wait", "crm-4711", "--json").out); o.State != store.Placed {
		t.Errorf("%+v", o)
	}
	if n := len(d.portal.Ledger().Orders); n != 1 {
		t.Errorf("%d orders at the portal", n)
	}
}
