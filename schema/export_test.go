package schema

// Split returns the raw records of a text.
func Split(text Text) (records []string, err error) {
	s := splitter{record: func(_ int, raw []byte) { records = append(records, string(raw)) }, long: func(int) {}}
	if err := text(s.write); err != nil {
		return nil, err
	}
	return records, s.close()
}
