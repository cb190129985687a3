package api

import (
	"encoding/json"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

const aboutAPI = `Everything that a page of Rung does, a program can do: the same calls, the same rules, the same refusals.

**Tokens.** Send ` + "`Authorization: Bearer rung_…`" + `. You make tokens on the page Access tokens; each has scopes, and never allows more than you may do yourself. ` +
	"`RateLimit-Limit`, `RateLimit-Remaining` and `RateLimit-Reset` (seconds)" + ` say how many calls a minute are left.

**Seen.** What changes a proposal takes the version that you saw: ` + "`If-Match`" + ` with its ETag, or ` + "`seen`" + ` in the body. If it moved on meanwhile you get 412 (or 409), with everything that happened, and nothing was done.

**Once.** Every POST takes an ` + "`Idempotency-Key`" + `: send the same request again with the same key after a broken connection, and it is carried out once.

**Lists** come in pages: follow ` + "`Link: <…>; rel=\"next\"`" + `, or pass ` + "`next_cursor`" + ` as ` + "`cursor`" + `. There is no total.

**Refusals** are problem details (RFC 9457) with all the reasons at once. **Times** are RFC 3339 in UTC, days are YYYY-MM-DD. Within a version only things are added: ignore what you don't know.`

// config is huma without what serves pages of third parties or adds to answers.
func (s *Server) config() huma.Config {
	c := huma.DefaultConfig("Rung", Version)
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "", "", ""
	c.CreateHooks = nil
	c.Info.Description = aboutAPI
	c.Servers = []*huma.Server{{URL: Prefix, Description: "This server"}}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer", BearerFormat: "rung_…",
		Description: "A personal access token. The names beside an operation are scopes: one of them is enough."}}
	return c
}

// document is the API's description, as it is served.
type document struct {
	api  *huma.OpenAPI
	json []byte
}

func newDocument(api *huma.OpenAPI) document {
	openAnswers(api)
	raw, err := json.Marshal(api)
	if err != nil {
		panic("api: the document can't be written: " + err.Error()) // a test would have shown it
	}
	return document{api, raw}
}

// openAnswers lets the shapes that are only ever answered grow: huma says of
// every shape that it holds nothing else, by which a client that checks answers
// would refuse whatever a later version adds.
func openAnswers(doc *huma.OpenAPI) {
	sent := map[*huma.Schema]bool{}
	var send func(*huma.Schema)
	send = func(schema *huma.Schema) {
		if schema == nil || sent[schema] {
			return
		}
		sent[schema] = true
		if schema.Ref != "" {
			send(doc.Components.Schemas.SchemaFromRef(schema.Ref))
		}
		send(schema.Items)
		for _, p := range schema.Properties {
			send(p)
		}
		if values, ok := schema.AdditionalProperties.(*huma.Schema); ok {
			send(values)
		}
	}
	for _, item := range doc.Paths {
		for _, op := range []*huma.Operation{item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil || op.RequestBody == nil {
				continue
			}
			for _, media := range op.RequestBody.Content {
				send(media.Schema)
			}
		}
	}
	for _, schema := range doc.Components.Schemas.Map() {
		if schema.AdditionalProperties == false && !sent[schema] {
			schema.AdditionalProperties = nil
		}
	}
}

// OpenAPI is the description of every operation; not to be changed.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.document.api }

// ServeDocument serves the OpenAPI document to anybody.
func (s *Server) ServeDocument(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Access-Control-Allow-Origin", "*")
	w.Header().Set("Cache-Control", "no-cache")
	s.tagged(w, r, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(s.document.json) // the reader is gone: nobody to tell
	})
}
