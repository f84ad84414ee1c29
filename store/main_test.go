package store_test

import (
	"flag"
	"testing"

	"go.uber.org/goleak"
)

// update rewrites docs/states.md: go test ./store -run States -update
var update = flag.Bool("update", false, "rewrite the generated documents")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }
