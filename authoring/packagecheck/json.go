package packagecheck

import (
	_ "embed"
	"encoding/json"
	"io"
)

// Schema is the JSON Schema (2020-12) of a Document.
//
//go:embed schema/report.schema.json
var Schema []byte

// Document is a report as JSON, with the name of the file that it is about.
type Document struct {
	File string `json:"file"`
	*Report
}

// WriteJSON writes the report of a file as one line of JSON.
func (r *Report) WriteJSON(w io.Writer, file string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	return enc.Encode(Document{file, r})
}
