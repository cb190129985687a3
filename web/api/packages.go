package api

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"hash"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/leadership-ladder/rung/authoring"
	"github.com/leadership-ladder/rung/internal/fault"
	"github.com/leadership-ladder/rung/internal/files"
	"github.com/leadership-ladder/rung/web/edge"
)

var _ = register(area{
	tag:   "Packages",
	about: "The file that learners launch. Its bytes stream, and are signed by their SHA-256.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "uploadPackage", Method: http.MethodPut, Path: "/proposals/{proposal}/package", Scopes: toPropose, Conditional: true, Refuses: true, Stream: true,
			Summary: "Upload the draft's package", About: "The body is the file. It is kept whole or not at all. Then it is checked: see getDraftPackageCheck. It can be submitted when that is over, and found no error."}, s.uploadPackage)
		add(s, api, operation{ID: "removePackage", Method: http.MethodDelete, Path: "/proposals/{proposal}/package", Scopes: toPropose, Conditional: true, Refuses: true,
			Summary: "Take the package off the draft", About: "Revisions keep theirs."}, s.removePackage)
		add(s, api, operation{ID: "downloadDraftPackage", Method: http.MethodGet, Path: "/proposals/{proposal}/package", Scopes: toRead, Download: true, Ranges: true,
			Summary: "Download the draft's package"}, func(ctx context.Context, who caller, in *OnProposal) (*download, error) {
			return s.downloadPackage(ctx, who, in.Proposal, 0)
		})
		add(s, api, operation{ID: "downloadPackage", Method: http.MethodGet, Path: "/proposals/{proposal}/revisions/{revision}/package", Scopes: toRead, Download: true, Ranges: true,
			Summary: "Download a revision's package"}, func(ctx context.Context, who caller, in *OnRevision) (*download, error) {
			return s.downloadPackage(ctx, who, in.Proposal, in.Revision)
		})
		add(s, api, operation{ID: "getDraftPackageCheck", Method: http.MethodGet, Path: "/proposals/{proposal}/package-check", Scopes: toRead,
			Summary: "What the check says of the draft's package", About: "It runs by itself after an upload, in seconds, with a large package in minutes. The same bytes are checked once for each version of the checker."},
			func(ctx context.Context, who caller, in *OnProposal) (*struct{ Body PackageCheck }, error) {
				return s.packageCheck(ctx, who, in.Proposal, 0)
			})
		add(s, api, operation{ID: "getPackageCheck", Method: http.MethodGet, Path: "/proposals/{proposal}/revisions/{revision}/package-check", Scopes: toRead,
			Summary: "What the check says of a revision's package"}, func(ctx context.Context, who caller, in *OnRevision) (*struct{ Body PackageCheck }, error) {
			return s.packageCheck(ctx, who, in.Proposal, in.Revision)
		})
	},
})

// OnRevision is the path of what is about one revision.
type OnRevision struct {
	OnProposal
	Revision int `path:"revision" minimum:"1" maximum:"2147483647" doc:"The revision's number."`
}

// Package is an uploaded file.
type Package struct {
	Name   string `json:"name" example:"handover.zip"`
	Size   int64  `json:"size" doc:"In bytes."`
	Type   string `json:"type" example:"application/zip"`
	SHA256 string `json:"sha256" doc:"Of its bytes, in hexadecimal."`
}

func packageOf(p authoring.Package) Package { return Package{p.Name, p.Size, p.Type, p.Digest} }

type packageAnswer struct {
	ETag string `header:"ETag" doc:"Of the draft that has it now."`
	Body Package
}

func (s *Server) uploadPackage(ctx context.Context, who caller, in *struct {
	OnProposal
	Written
	Name   string `query:"name" required:"true" maxLength:"1000" doc:"The file's name." example:"handover.zip"`
	Digest string `header:"Content-Digest" doc:"The SHA-256 of the body (RFC 9530): sha-256=:…base64…:. With another one arriving, nothing is kept."`
}) (*packageAnswer, error) {
	version, err := in.draft()
	if err != nil {
		return nil, err
	}
	want, err := digestIn(in.Digest)
	if err != nil {
		return nil, err
	}
	x, limit := exchangeOf(ctx), s.Authoring.PackageLimit()
	if x.r.ContentLength > limit {
		return nil, files.TooLarge(limit) // before it is sent in vain
	}
	body := edge.Whole(edge.Patient(x.w, x.r.Body))
	if want != nil {
		body = &verified{Reader: body, sum: sha256.New(), want: want}
	}
	p, now, err := s.Authoring.AttachPackage(ctx, who.Actor, in.Proposal, version, in.Name, body)
	if err != nil {
		return nil, edge.IfCut(err)
	}
	return &packageAnswer{versionTag(now), packageOf(p)}, nil
}

// draft is the version of a draft that was seen: to the service, 0 would be
// whichever there is.
func (w Written) draft() (int, error) {
	version, err := w.needed(nil)
	if err == nil && version < 1 {
		version = neverSeen
	}
	return version, err
}

// digestIn reads the SHA-256 out of a Content-Digest, nil for none.
func digestIn(header string) ([]byte, error) {
	if header == "" {
		return nil, nil
	}
	for one := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(one), "=")
		sum, err := base64.StdEncoding.DecodeString(strings.Trim(value, ":"))
		if strings.EqualFold(name, "sha-256") && err == nil && len(sum) == sha256.Size {
			return sum, nil
		}
	}
	return nil, fault.New(fault.Invalid, "The digest can't be read.",
		fault.Reason{Code: "digest_form", Field: "header.Content-Digest", Text: "Send sha-256=: and the SHA-256 of the body in base64, with a colon at the end."})
}

// verified reads a body whose digest is known, and fails at its end if it has
// another.
type verified struct {
	io.Reader
	sum  hash.Hash
	want []byte
}

func (v *verified) Read(b []byte) (int, error) {
	n, err := v.Reader.Read(b)
	v.sum.Write(b[:n])
	if err == io.EOF && !strings.EqualFold(hex.EncodeToString(v.sum.Sum(nil)), hex.EncodeToString(v.want)) {
		return n, fault.New(fault.Invalid, "What arrived isn't what was sent, and nothing of it was kept. Send it again.",
			fault.Reason{Code: "digest_mismatch", Field: "header.Content-Digest", Text: "The SHA-256 of what arrived is another."})
	}
	return n, err
}

func (s *Server) removePackage(ctx context.Context, who caller, in *struct {
	OnProposal
	Written
}) (*struct{}, error) {
	version, err := in.draft()
	if err != nil {
		return nil, err
	}
	return nil, s.Authoring.RemovePackage(ctx, who.Actor, in.Proposal, version)
}

// download is an answer that streams.
type download struct {
	Body func(huma.Context)
}

// downloadPackage sends a package to be saved, never to be shown.
func (s *Server) downloadPackage(ctx context.Context, who caller, id int64, revision int) (*download, error) {
	f, p, err := s.Authoring.OpenPackage(ctx, who.Actor, id, revision)
	if err != nil {
		return nil, err
	}
	return &download{func(huma.Context) {
		defer f.Close()
		x := exchangeOf(ctx)
		h := x.w.Header()
		attach(h, p.Type, p.Name)
		h.Set("ETag", `"`+p.Digest+`"`)
		if sum, err := hex.DecodeString(p.Digest); err == nil {
			h.Set("Repr-Digest", "sha-256=:"+base64.StdEncoding.EncodeToString(sum)+":")
		}
		r := x.r.Clone(ctx)
		r.Header.Del("If-Match") // it is for what changes something
		http.ServeContent(x.w, r, "", time.Time{}, f)
	}}, nil
}

// attach says of an answer that it is a file to be saved.
func attach(h http.Header, media, name string) {
	h.Set("Content-Type", media)
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
}
