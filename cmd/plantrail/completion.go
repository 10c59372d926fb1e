package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"
)

// completionCommand is plantrail completion.
type completionCommand struct {
	Bash bashCommand `cmd:"" help:"For bash."`
	Zsh  zshCommand  `cmd:"" help:"For zsh."`
	Fish fishCommand `cmd:"" help:"For fish."`
}

// Help is shown by plantrail completion --help.
func (completionCommand) Help() string {
	return `For this shell:

  source <(plantrail completion bash)
  source <(plantrail completion zsh)
  plantrail completion fish | source

Put the line into ~/.bashrc, ~/.zshrc or ~/.config/fish/config.fish to keep it.`
}

type (
	bashCommand struct{}
	zshCommand  struct{}
	fishCommand struct{}
)

// Run carries out the command.
func (bashCommand) Run(app *kong.Kong) error { return bashCompletion(os.Stdout, app.Model.Node, false) }

// Run carries out the command.
func (zshCommand) Run(app *kong.Kong) error { return bashCompletion(os.Stdout, app.Model.Node, true) }

// Run carries out the command.
func (fishCommand) Run(app *kong.Kong) error { return fishCompletion(os.Stdout, app.Model.Node) }

// visible calls with each command that there is, the program itself first.
func visible(node *kong.Node, with func(*kong.Node)) {
	with(node)
	for _, child := range node.Children {
		if !child.Hidden {
			visible(child, with)
		}
	}
}

// words are the commands and flags that may come next in a command.
func words(node *kong.Node) (all []string) {
	r := argumentReader{at: node}
	all = r.commands()
	for _, flag := range r.flags(node) {
		all = append(all, "--"+flag.Name)
	}
	return all
}

// currentWord finds out what is completed, and what stands before it: in --flag=value,
// of which bash makes three words and zsh one, that is the flag.
const currentWord = `  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]} lead= path= w
  COMPREPLY=()
  case $word in
    =) word= ;;
    --*=*) before=${word%%=*} lead=$before= word=${word#*=} ;;
    *) [[ $before == = ]] && before=${COMP_WORDS[COMP_CWORD-2]} ;;
  esac
`

// fileNames proposes files. What zsh has for it takes --flag=name for the name.
const fileNames = `      local IFS=$'\n'
      if [[ -z $lead ]]; then COMPREPLY=($(compgen -f -- "$word")); return; fi
      for w in "$word"*; do [[ -e $w ]] && COMPREPLY+=("$lead$w"); done
`

// bashCompletion prints a function that knows the words of each command. After a
// flag that takes a value it proposes files, or the values that there are.
func bashCompletion(w io.Writer, root *kong.Node, zsh bool) error {
	out := &lines{to: w}
	name := "_plantrail"
	if zsh {
		// As a file _plantrail in zsh's path of functions, it is found by its first line and
		// run when it is first needed, and then has to propose something.
		name = "_plantrail_words"
		out.printf("#compdef plantrail\nautoload -U +X bashcompinit && bashcompinit\n")
	}
	out.printf("%s() {\n%s", name, currentWord)
	out.printf("  for w in \"${COMP_WORDS[@]:1:$((COMP_CWORD-1))}\"; do case \"$path $w\" in\n")
	visible(root, func(n *kong.Node) {
		if n != root {
			below := strings.TrimPrefix(n.FullPath(), root.Name)
			out.printf("    %q) path=%q ;;\n", below, below)
		}
	})
	out.printf("  esac; done\n  case $before in\n")
	seen, files := map[string]bool{}, []string{}
	visible(root, func(n *kong.Node) {
		for _, flag := range n.Flags {
			if seen[flag.Name] || flag.IsBool() {
				continue
			}
			seen[flag.Name] = true
			if flag.Enum != "" {
				out.printf("    --%s) COMPREPLY=($(compgen -P \"$lead\" -W %q -- \"$word\")); return ;;\n", flag.Name, strings.Join(flag.EnumSlice(), " "))
			} else {
				files = append(files, "--"+flag.Name)
			}
		}
	})
	out.printf("    %s)\n%s      return ;;\n", strings.Join(files, "|"), fileNames)
	out.printf("  esac\n  case $path in\n")
	visible(root, func(n *kong.Node) {
		out.printf("    %q) COMPREPLY=($(compgen -W %q -- \"$word\")) ;;\n", strings.TrimPrefix(n.FullPath(), root.Name), strings.Join(words(n), " "))
	})
	out.printf("  esac\n}\ncomplete -o filenames -F %s plantrail\n", name)
	if zsh {
		out.printf("if [[ ${funcstack[1]} == _plantrail ]]; then _bash_complete -o filenames -F %s; fi\n", name)
	}
	return out.err
}

// fishCompletion prints a line for each command and flag, with its help, that holds
// where just that command has been typed.
func fishCompletion(w io.Writer, root *kong.Node) error {
	out := &lines{to: w}
	var paths []string
	visible(root, func(n *kong.Node) {
		if n != root {
			paths = append(paths, fishQuote(strings.TrimPrefix(n.FullPath(), root.Name)))
		}
	})
	out.printf("function __plantrail_at\n  set -l path ''\n  for w in (commandline -opc)[2..-1]\n"+
		"    contains -- \"$path $w\" %s; and set path \"$path $w\"\n  end\n  test \"$path\" = \"$argv[1]\"\nend\n", strings.Join(paths, " "))
	out.printf("complete -c plantrail -f\n")
	visible(root, func(n *kong.Node) {
		when := "__plantrail_at " + fishQuote(strings.TrimPrefix(n.FullPath(), root.Name))
		for _, child := range n.Children {
			out.printf("complete -c plantrail -n %s -a %s -d %s\n", fishQuote(when), child.Name, fishQuote(child.Help))
		}
		for _, flag := range n.Flags {
			line := fmt.Sprintf("complete -c plantrail -n %s -l %s -d %s", fishQuote(when), flag.Name, fishQuote(flag.Help))
			if flag.Short != 0 {
				line += " -s " + string(flag.Short)
			}
			switch {
			case flag.IsBool():
			case flag.Enum != "":
				line += " -x -a " + fishQuote(strings.Join(flag.EnumSlice(), " "))
			default:
				line += " -r -F"
			}
			out.printf("%s\n", line)
		}
	})
	return out.err
}

// fishQuote quotes a text for fish.
func fishQuote(s string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) + "'"
}
