package webhook

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"orderq/store/hook"
)

// check asks the documentation's receiver about messages, one a line.
const check = `
import json, sys
from receiver import verify
for line in sys.stdin:
    m = json.loads(line)
    try:
        print(verify(m["secret"], m["headers"], m["body"].encode())["type"])
    except (KeyError, ValueError) as e:
        print("no:", e)
`

func TestTheDocumentationsReceiverVerifiesWhatWeSign(t *testing.T) {
	t.Parallel()
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("python3 is not on the PATH")
	}
	text, err := os.ReadFile("../../docs/http.md")
	if err != nil {
		t.Fatal(err)
	}
	_, behind, ok := strings.Cut(string(text), "```python\n")
	snippet, _, closed := strings.Cut(behind, "```\n")
	if !ok || !closed {
		t.Fatal("docs/http.md has no receiver in Python")
	}
	dir := t.TempDir()
	for name, text := range map[string]string{"receiver.py": snippet, "check.py": check} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	type message struct {
		Secret  string            `json:"secret"`
		Headers map[string]string `json:"headers"`
		Body    string            `json:"body"`
	}
	old, secret, other := hook.NewSecret(), hook.NewSecret(), hook.NewSecret()
	body := `{"type":"order.placed","data":{"reference":"ä&b"}}`
	signed := func(at time.Time, with ...hook.Secret) message {
		t.Helper()
		signature, err := sign(with, "evt_1", at, []byte(body))
		if err != nil {
			t.Fatal(err)
		}
		return message{with[0].Reveal(), map[string]string{"webhook-id": "evt_1", "webhook-timestamp": strconv.FormatInt(at.Unix(), 10), "webhook-signature": signature}, body}
	}
	now := time.Now()
	tampered, wrong, rotated, unsigned := signed(now, secret), signed(now, secret), signed(now, secret, old), signed(now, secret)
	tampered.Body = strings.Replace(body, "placed", "refuse", 1)
	wrong.Secret = other.Reveal()
	rotated.Secret = old.Reveal()
	delete(unsigned.Headers, "webhook-signature")
	var in bytes.Buffer
	for _, m := range []message{signed(now, secret), rotated, tampered, wrong, signed(now.Add(-time.Hour), secret), unsigned} {
		if err := json.NewEncoder(&in).Encode(m); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), python, "check.py")
	cmd.Dir, cmd.Stdin = dir, &in
	out, err := cmd.CombinedOutput()
	want := "order.placed\norder.placed\nno: not signed with this secret\nno: not signed with this secret\nno: sent too long ago\nno: 'webhook-signature'\n"
	if err != nil || string(out) != want {
		t.Errorf("%v:\n%s\nwant:\n%s", err, out, want)
	}
}
