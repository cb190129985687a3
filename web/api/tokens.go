package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
)

var _ = register(area{
	tag:   "Tokens",
	about: "Your own access tokens. They are made on a page, where a person sees them once.",
	add: func(s *Server, api huma.API) {
		add(s, api, operation{ID: "listTokens", Method: http.MethodGet, Path: "/tokens", Scopes: toRead, Summary: "Your access tokens",
			About: "Those that work first, and for 90 days those that don't any more."}, s.listTokens)
		add(s, api, operation{ID: "revokeToken", Method: http.MethodDelete, Path: "/tokens/{token}", Scopes: toPropose, Summary: "Revoke a token of yours, at once"}, s.revokeToken)
	},
})

// Token is an access token: never the secret.
type Token struct {
	ID         int64      `json:"id"`
	Name       string     `json:"name"`
	Scopes     []string   `json:"scopes"`
	CreatedAt  time.Time  `json:"created_at"`
	ExpiresAt  time.Time  `json:"expires_at"`
	RevokedAt  *time.Time `json:"revoked_at,omitempty"`
	LastUsedAt *time.Time `json:"last_used_at,omitempty" doc:"To the minute."`
	Works      bool       `json:"works"`
}

func (s *Server) listTokens(ctx context.Context, who caller, _ *struct{}) (*list[Token], error) {
	found, err := s.Accounts.Tokens(ctx, who.ID)
	if err != nil {
		return nil, err
	}
	items := make([]Token, len(found))
	for i, t := range found {
		items[i] = Token{ID: t.ID, Name: t.Name, Scopes: t.Scopes, CreatedAt: t.CreatedAt, ExpiresAt: t.ExpiresAt,
			RevokedAt: utc(t.RevokedAt), LastUsedAt: utc(t.LastUsedAt), Works: t.Works(s.now())}
	}
	return pageOf[Token, int](ctx, s, items, nil)
}

func (s *Server) revokeToken(ctx context.Context, who caller, in *struct {
	Token int64 `path:"token" minimum:"1" doc:"The token's number."`
}) (*struct{}, error) {
	return nil, s.Accounts.RevokeToken(ctx, who.ID, in.Token)
}
