// Package packagecheck is the technical stage's machine reviewer: the bytes of a
// package in, a Report out. It knows no database and no network, unpacks nothing
// to disk, and keeps no more in memory than its limits say.
//
// A rule (see Rules) is declared beside the code that looks for it: container.go
// reads the zip file, scorm.go, cmi5.go, xapi.go, aicc.go and h5p.go the
// manifests, tracking.go follows what a launched page loads, outside.go and
// access.go judge what webpage saw in each text, document_pdf.go and
// document_office.go what pdf and office read of supporting documents, content.go
// has questions for people. The parsers below (archive, markup, webpage, pdf,
// office) know no rules.
package packagecheck
