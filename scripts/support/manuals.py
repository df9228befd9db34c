#!/usr/bin/env python3
"""Writes man pages and shell completions of our programs, all from what the programs say of themselves.

    scripts/support/manuals.py PROGRAMS SHARE

PROGRAMS is the directory with the programs; below SHARE are written man/man1, bash-completion/completions,
zsh/site-functions and fish/vendor_completions.d."""

import json
import os
import re
import subprocess
import sys

sys.dont_write_bytecode = True

# Programs that describe their commands as JSON and make their own completions, and those that have a help text.
DESCRIBED, TOLD = ("dvm-source", "dvm-target"), ("dvm-rsync", "dvm-stunnel", "dvm")
ABOUT = {"dvm-rsync": "copy files as rsync does", "dvm-stunnel": "relay connections through TLS as stunnel does",
         "dvm": "the programs of dvm in one"}
SHELLS = {"bash": "bash-completion/completions/{}", "zsh": "zsh/site-functions/_{}", "fish": "fish/vendor_completions.d/{}.fish"}
OPTION = re.compile(r"(-\S(?:.*?\S)?)(?:\s{2,}(.*))?")


def said(program, *arguments):
    """What a program prints."""
    return subprocess.run([program, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def escaped(text):
    """Text for roff."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return "\n".join("\\&" + line if line[:1] in (".", "'") else line for line in text.split("\n"))


def page(name, about, version, sections):
    """A man page; sections are pairs of a heading and roff."""
    head = f'.TH {name.upper()} 1 "" "dvm {version}" "dvm"\n.SH NAME\n{escaped(name)} \\- {escaped(about)}\n'
    return head + "".join(f".SH {heading.upper()}\n{body}" for heading, body in sections)


# MARK: programs that describe themselves as JSON

def spelled(names):
    """The spellings of an option, short ones first."""
    spellings = [("--" if name["kind"] == "long" else "-") + name["name"] for name in names]
    return sorted(spellings, key=len)


def option(argument):
    """An option, flag or argument as an item of a list."""
    value = argument.get("valueName", "")
    names = ", ".join(spelled(argument.get("names", []))) or f"<{value}>"
    if argument["kind"] == "option":
        names += f" <{value}>"
    text = argument.get("abstract", "")
    if argument.get("allValues"):
        text += f" (values: {', '.join(argument['allValues'])})"
    if argument.get("defaultValue"):
        text += f" (default: {argument['defaultValue']})"
    if argument.get("isRepeating"):
        text += " May be given again."
    return f".TP\n\\fB{escaped(names)}\\fR\n{escaped(text)}\n"


def synopsis(program, command):
    needed = [argument for argument in command["arguments"] if not argument["isOptional"]]
    words = [option["names"] and f"{spelled(option['names'])[-1]} <{option.get('valueName', '')}>" for option in needed if option.get("names")]
    words += [f"<{argument['valueName']}>" for argument in command["arguments"] if argument["kind"] == "positional"]
    text = f"\\fB{escaped(program)} {escaped(command['commandName'])}\\fR [\\fIoption\\fR ...]"
    return f"{text} {escaped(' '.join(words))}\n.br\n"


def described(program, name):
    """The page of a program with commands."""
    command = json.loads(said(program, "--experimental-dump-help"))["command"]
    commands = [one for one in command["subcommands"] if one["commandName"] != "help"]
    sections = [("Synopsis", "".join(synopsis(name, one) for one in commands)), ("Description", escaped(command["abstract"]) + "\n")]
    for one in commands:
        shown = [argument for argument in one["arguments"] if argument["shouldDisplay"]]
        body = f"{escaped(one['abstract'])}\n.PP\n{escaped(one.get('discussion', ''))}\n" + "".join(map(option, shown))
        sections.append((f"{name} {one['commandName']}", body))
    others = [other for other in (*DESCRIBED, *TOLD) if other != name]
    sections.append(("See also", ", ".join(f"\\fB{escaped(other)}\\fR(1)" for other in others) + "\n"))
    return page(name, command["abstract"].rstrip("."), said(program, "--version").split()[-1], sections)


# MARK: programs with a help text

def options_of(text):
    """Pairs of spellings and description of the options in a help text."""
    return [match.groups() for match in map(OPTION.fullmatch, text.splitlines()) if match]


def told(program, name, version):
    """The page of a program from its help: lines of options become lists, the rest stays as it is."""
    roff, is_literal = "", False
    for line in said(program, "--help").splitlines():
        match = OPTION.fullmatch(line)
        if bool(line and not match) != is_literal:
            is_literal = not is_literal
            roff += ".PP\n.nf\n" if is_literal else ".fi\n"
        if match:
            roff += f".TP\n\\fB{escaped(match[1])}\\fR\n{escaped(match[2] or '')}\n"
        elif line:
            roff += escaped(line) + "\n"
    return page(name, ABOUT[name], version, [("Description", roff)])


def words_of(text):
    """The option words of a help text, with their descriptions."""
    for spellings, description in options_of(text):
        for word in re.split(r"[,|]\s*", spellings):
            if re.match(r"--?[A-Za-z0-9]", word):
                yield word.split("=")[0].split()[0], "=" in word, (description or "").replace("'", "’")


def completion(shell, name, words, commands):
    """A completion script that offers options, commands as the first word, and files for everything else."""
    if commands:
        return {"bash": f"complete -W '{' '.join(commands)}' -o default {name}\n",
                "zsh": f"#compdef {name}\n_arguments '1:command:({' '.join(commands)})' '*:file:_files'\n",
                "fish": f"complete -c {name} -n __fish_use_subcommand -a '{' '.join(commands)}'\n"}[shell]
    if shell == "bash":
        return (f"_{name.replace('-', '_')}() {{\n    local word=${{COMP_WORDS[COMP_CWORD]}}\n    COMPREPLY=()\n"
                f"    [[ $word == -* ]] && COMPREPLY=($(compgen -W '{' '.join(word for word, _, _ in words)}' -- \"$word\"))\n}}\n"
                f"complete -o default -o bashdefault -F _{name.replace('-', '_')} {name}\n")
    if shell == "zsh":
        lines = "".join(f" \\\n    '{word}{'=' if has_value else ''}[{text.replace('[', '(').replace(']', ')').replace(':', ' ')}]'" for word, has_value, text in words)
        return f"#compdef {name}\n_arguments{lines} \\\n    '*:file:_files'\n"
    short = lambda word: f"-l {word[2:]}" if word.startswith("--") else f"-s {word[1:]}" if len(word) == 2 else f"-o {word[1:]}"
    return f"complete -c {name} -F\n" + "".join(f"complete -c {name} {short(word)}{' -r' if has_value else ''} -d '{text}'\n" for word, has_value, text in words)


def main():
    if len(sys.argv) != 3:
        raise SystemExit(__doc__)
    programs, share = sys.argv[1:]

    def write(place, text):
        path = os.path.join(share, place)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "w", encoding="utf-8") as out:
            out.write(text)

    for name in DESCRIBED:
        program = os.path.join(programs, name)
        write(f"man/man1/{name}.1", described(program, name))
        for shell, place in SHELLS.items():
            write(place.format(name), said(program, "--generate-completion-script", shell))
    # What a help text lists with its meaning is a command.
    listed = re.compile(r"^  ([a-z]+)  +\S", re.MULTILINE)
    version = said(os.path.join(programs, "dvm-source"), "--version").split()[-1]
    for name in TOLD:
        program = os.path.join(programs, name)
        write(f"man/man1/{name}.1", told(program, name, version))
        text = said(program, "--help")
        words, commands = list(words_of(text)), listed.findall(text) if name == "dvm" else []
        for shell, place in SHELLS.items():
            write(place.format(name), completion(shell, name, words, commands))


if __name__ == "__main__":
    main()
