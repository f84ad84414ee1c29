// Package httpclient is a client of orderq's HTTP API for Go programs that do not reach its Redis. It is generated from the
// server's OpenAPI document by oapi-codegen, and imports nothing else of orderq.
//
// Every answer comes with its status and its raw body; what the status promises is parsed, problems too. Nothing is
// repeated by itself: whoever has no answer sends the same reference again, which never orders twice.
//
// After a change of the API, from the repository's root:
//
//	go test ./cmd/internal/api -run ClientsDocument -update && go generate ./tasks/httpclient
package httpclient

//go:generate go run github.com/oapi-codegen/oapi-codegen/v2/cmd/oapi-codegen@v2.8.2 -config oapi-codegen.yaml openapi.json
