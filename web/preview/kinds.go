package preview

import (
	"path"
	"strings"
)

// contentTypes are those of files in packages, by their ending. A fixed table:
// what a preview shows must not depend on the machine that serves it. Texts have
// no charset: pages, styles and XML say it themselves, and scripts and styles
// follow their page, as on most hosts.
var contentTypes = map[string]string{
	"html": "text/html", "htm": "text/html", "xhtml": "application/xhtml+xml", "xht": "application/xhtml+xml",
	"js": "text/javascript", "mjs": "text/javascript", "css": "text/css", "json": "application/json", "map": "application/json",
	"jsonld": "application/ld+json", "webmanifest": "application/manifest+json", "wasm": "application/wasm",
	"xml": "application/xml", "xsd": "application/xml", "dtd": "application/xml-dtd", "xsl": "application/xml", "xslt": "application/xml",
	"txt": "text/plain", "csv": "text/csv", "md": "text/plain", "srt": "text/plain", "vtt": "text/vtt",
	"svg": "image/svg+xml", "png": "image/png", "jpg": "image/jpeg", "jpeg": "image/jpeg", "jpe": "image/jpeg", "gif": "image/gif",
	"webp": "image/webp", "avif": "image/avif", "bmp": "image/bmp", "ico": "image/x-icon", "cur": "image/x-icon", "apng": "image/apng",
	"tif": "image/tiff", "tiff": "image/tiff",
	"mp4": "video/mp4", "m4v": "video/mp4", "webm": "video/webm", "ogv": "video/ogg", "mov": "video/quicktime", "avi": "video/x-msvideo",
	"mpg": "video/mpeg", "mpeg": "video/mpeg", "flv": "video/x-flv", "ts": "video/mp2t", "m3u8": "application/vnd.apple.mpegurl", "mpd": "application/dash+xml",
	"mp3": "audio/mpeg", "m4a": "audio/mp4", "aac": "audio/aac", "wav": "audio/wav", "ogg": "audio/ogg", "oga": "audio/ogg", "opus": "audio/ogg",
	"flac": "audio/flac", "weba": "audio/webm", "mid": "audio/midi",
	"woff": "font/woff", "woff2": "font/woff2", "ttf": "font/ttf", "otf": "font/otf", "eot": "application/vnd.ms-fontobject",
	"pdf": "application/pdf", "rtf": "application/rtf", "zip": "application/zip", "swf": "application/x-shockwave-flash", "epub": "application/epub+zip",
	"doc": "application/msword", "xls": "application/vnd.ms-excel", "ppt": "application/vnd.ms-powerpoint",
	"docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
	"xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
	"pptx": "application/vnd.openxmlformats-officedocument.presentationml.presentation",
	"gltf": "model/gltf+json", "glb": "model/gltf-binary",
}

// contentType is that of a file by its name; what nobody knows is only bytes.
func contentType(name string) string {
	ending := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	if t, ok := contentTypes[ending]; ok {
		return t
	}
	return "application/octet-stream"
}
