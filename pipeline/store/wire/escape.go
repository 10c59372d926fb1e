package wire

const upperHex = "0123456789ABCDEF"

// appendEscaped appends s as S3 wants paths and queries escaped: all but letters,
// digits and -._~, and in a path the slash.
func appendEscaped(dst []byte, s string, keepSlash bool) []byte {
	for i := range len(s) {
		c := s[i]
		switch {
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', 'A' <= c && c <= 'Z',
			c == '-', c == '.', c == '_', c == '~', c == '/' && keepSlash:
			dst = append(dst, c)
		default:
			dst = append(dst, '%', upperHex[c>>4], upperHex[c&15])
		}
	}
	return dst
}

// appendUnescaped appends s with %XX and + resolved. False means that s is not
// escaped so.
func appendUnescaped(dst, s []byte) ([]byte, bool) {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '+':
			dst = append(dst, ' ')
		case c < ' ':
			return dst, false
		case c != '%':
			dst = append(dst, c)
		default:
			if len(s)-i < 3 {
				return dst, false
			}
			high, low := unhex(s[i+1]), unhex(s[i+2])
			if high|low > 15 {
				return dst, false
			}
			dst = append(dst, high<<4|low)
			i += 2
		}
	}
	return dst, true
}

// unhex returns what a digit stands for, above 15 if it is none.
func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xf0
}
