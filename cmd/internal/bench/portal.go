package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os/exec"
	"strconv"
	"strings"
	"time"

	"orderq/yeastar/yeastartest"
)

// pbxs is how many PBXs the orders go round. Many more than are in work at once: two orders for one PBX
// wait for each other at the gate, which is a promise and not what is measured.
const pbxs = 1000

// portal is a simulated portal in a process of its own, healthy, fresh for each run.
type portal struct {
	URL    string `json:"url"`
	ID     string `json:"clientId"`
	Secret string `json:"clientSecret"`
	cmd    *exec.Cmd
	ended  bool
	cpu    time.Duration // known once it has ended
}

func startPortal(ctx context.Context, o Options, latency time.Duration) (*portal, error) {
	args := append(o.Simulator[1:len(o.Simulator):len(o.Simulator)], "--json", "--listen", "127.0.0.1:0",
		"--pbxs", strconv.Itoa(pbxs), "--latency", latency.String())
	p := &portal{cmd: exec.Command(o.Simulator[0], args...)}
	p.cmd.SysProcAttr = diesWithUs()
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start the simulator: %w", err)
	}
	stop := context.AfterFunc(ctx, func() { _ = p.cmd.Process.Kill() }) // ends the wait for its first line
	line, err := bufio.NewReader(out).ReadBytes('\n')
	stop()
	if err == nil {
		err = json.Unmarshal(line, p)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("the simulator (%s) did not say where it is: %w", strings.Join(p.cmd.Args, " "), err), p.close())
	}
	return p, nil
}

func (p *portal) close() error {
	if p.ended {
		return nil
	}
	p.ended = true
	err := p.cmd.Process.Kill()
	err = errors.Join(err, ended(p.cmd.Wait()))
	p.cpu = p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime()
	return err
}

// verify asks the portal's ledger whether each of the orders is there, once, and nothing else.
func (p *portal) verify(ctx context.Context, want []order) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.URL+"/_ledger", nil)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("ask the simulator for its ledger: %w", err)
	}
	defer resp.Body.Close()
	var l yeastartest.Ledger
	if err := json.NewDecoder(resp.Body).Decode(&l); err != nil {
		return fmt.Errorf("read the simulator's ledger: %w", err)
	}
	made := make([]string, len(l.Orders))
	for i, o := range l.Orders {
		made[i] = o.PONumber
	}
	return compare(made, want)
}

// compare says what is wrong with the orders that the portal made, by their poNumbers.
func compare(made []string, want []order) error {
	times := make(map[string]int, len(made))
	for _, po := range made {
		times[po]++
	}
	for _, w := range want {
		if n := times[w.poNumber]; n != 1 {
			return fmt.Errorf("the portal has %d orders for %s, want 1", n, w.intent.Reference)
		}
	}
	if len(made) != len(want) {
		return fmt.Errorf("the portal has %d orders, want %d", len(made), len(want))
	}
	return nil
}

// token asks for one, for the bare sides: 30 minutes are longer than a run.
func (p *portal) token(ctx context.Context) (string, error) {
	form := url.Values{"grant_type": {"pp_credentials"}, "client_id": {p.ID}, "client_secret": {p.Secret}}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.URL+"/auth/openapi/v1/oauth/token", strings.NewReader(form.Encode()))
	if err != nil {
		return "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("User-Agent", "OpenAPI")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("ask the simulator for a token: %w", err)
	}
	defer resp.Body.Close()
	var said struct {
		Result struct{ Token, TokenHead string } `json:"result"`
	}
	if err := json.NewDecoder(resp.Body).Decode(&said); err != nil || said.Result.Token == "" {
		return "", fmt.Errorf("ask the simulator for a token: HTTP %d, no token in the answer (%w)", resp.StatusCode, err)
	}
	return said.Result.TokenHead + " " + said.Result.Token, nil
}
