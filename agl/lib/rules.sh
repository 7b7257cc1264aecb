# SPDX-License-Identifier: MIT
# shellcheck shell=sh
# rules: shows the installed table, and puts another one into force.
#
# 'npm run rules -- compile' makes tables from rules.yaml. Format of a table: docs/rules.md. The head is checked
# here, the rest by the cell.

RULES_MAGIC=CWRL
RULES_VERSION=2
RULES_HEADER_BYTES=32
RULE_BYTES=64
FILTER_BYTES=8

# counted NUMBER THING: '1 rule', '2 rules'.
counted() {
  if [ "$1" -eq 1 ]; then say "1 $2"; else say "$1 ${2}s"; fi
}

# table_fault FILE: why it is not a rule table, or nothing.
table_fault() {
  if [ ! -e "$1" ]; then
    say 'there is no such file'
    return
  elif [ ! -f "$1" ]; then
    say 'it is a folder or a device'
    return
  elif [ ! -r "$1" ]; then
    say 'it may not be read'
    return
  elif [ ! -s "$1" ]; then
    say 'it is empty'
    return
  fi
  table_bytes=$(wc -c <"$1" | tr -d ' ')
  if [ "$table_bytes" -gt "$RULES_BYTES_MOST" ]; then
    say "it has $table_bytes bytes, a table has at most $RULES_BYTES_MOST"
  elif [ "$(text_at "$1" 4)" != "$RULES_MAGIC" ]; then
    say "it does not begin with $RULES_MAGIC; is it the YAML text, not the compiled table?"
  elif [ "$table_bytes" -lt "$RULES_HEADER_BYTES" ]; then
    say "it has $table_bytes bytes, its header alone has $RULES_HEADER_BYTES: cut off"
  elif [ "$(number_at "$1" 4 2)" -lt 1 ] || [ "$(number_at "$1" 4 2)" -gt "$RULES_VERSION" ]; then
    say "it is of format $(number_at "$1" 4 2), this release knows 1 to $RULES_VERSION: compile it again"
  elif [ "$(number_at "$1" 8 4)" != "$table_bytes" ]; then
    say "it says $(number_at "$1" 8 4) bytes and has $table_bytes: cut off, or not wholly copied"
  elif [ "$(number_at "$1" 4 2)" -eq 1 ] && [ $((RULES_HEADER_BYTES + $(number_at "$1" 16 2) * RULE_BYTES + \
    $(number_at "$1" 24 2) * FILTER_BYTES)) -ne "$table_bytes" ]; then
    say "$(counted "$(number_at "$1" 16 2)" rule) and $(counted "$(number_at "$1" 24 2)" filter) do not fill its $table_bytes bytes: damaged"
  fi
}

# install_table FILE: installs it and keeps the old table as rules.bin.previous.
install_table() {
  if ! mkdir -p "${RULES%/*}" || ! cp "$1" "$RULES.new"; then
    fail "cannot write $RULES.new." 'the disk is full or read-only.' 'mount -o remount,rw /; df'
  fi
  if [ -e "$RULES" ]; then
    cp "$RULES" "$RULES.previous" || fail "cannot keep the old table as $RULES.previous." '' 'df'
  fi
  mv "$RULES.new" "$RULES" || fail "cannot replace $RULES." '' 'df'
  say "$RULES: $(counted "$(number_at "$RULES" 16 2)" rule)"
}

show_table() {
  if [ ! -e "$RULES" ]; then
    say "no rule table at $RULES: every frame is forwarded, none answered"
    return
  fi
  show_fault=$(table_fault "$RULES")
  [ -z "$show_fault" ] || fail "$RULES is no rule table: $show_fault." '' 'canwarden rules load FILE'
  say "$RULES: $(counted "$(number_at "$RULES" 16 2)" rule), checksum $(printf '0x%08x' "$(number_at "$RULES" 12 4)")"
}

load_table() {
  load_fault=$(table_fault "$1")
  if [ -n "$load_fault" ]; then
    warn "$1 is no rule table: $load_fault." '' 'npm run rules -- compile rules.yaml rules.bin'
    exit "$EXIT_USAGE"
  fi
  need_root "rules load"
  if bridge_serves && [ "$2" = live ]; then
    ask_bridge rules load "$1" || {
      # Status 2: the file is not a table, and a restart of the cell would not help.
      [ "$?" -ne "$EXIT_USAGE" ] || exit "$EXIT_USAGE"
      fail "the table was not put into force; $RULES is as it was." '' \
        "canwarden rules load --restart $1 (the cell is away for a moment)"
    }
    install_table "$1"
    say 'in force: swapped in by the running cell'
    return
  fi
  install_table "$1"
  case "$(cell_state)" in
    '') say "in force from the next 'canwarden up'" ;;
    *)
      say 'restarting the cell: no urgent frame is answered for a moment'
      restart_cell
      judge_table "$1"
      ;;
  esac
}

# Reports the cell's judgement of the table.
judge_table() {
  for judge_number in $(start_statuses); do
    if [ "$judge_number" -ge 60 ] && [ "$judge_number" -le 69 ]; then
      fail "the cell refused $1 and answers nothing now." "$(explain_status "$judge_number")" \
        "correct it, or go back: canwarden rules load --restart $RULES.previous"
    fi
  done
  say 'in force'
}

command_rules() {
  case "$#:${1:-}:${2:-}" in
    0::) show_table ;;
    3:load:--restart) load_table "$3" restart ;;
    2:load:--*) bad_usage "rules load takes a file" ;;
    2:load:*) load_table "$2" live ;;
    *) bad_usage "rules takes nothing or 'load [--restart] FILE', got '$*'" ;;
  esac
}
