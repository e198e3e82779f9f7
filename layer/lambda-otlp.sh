#!/bin/sh
# The entry point of the external extension. Lambda starts the function's runtime only when every extension has
# registered, so bash registers over /dev/tcp, with builtins only, before Node is even loaded.
# Invariant: a failure here may cost time but never the function. If this script gets no identifier, Node registers
# itself; if no Node runs, the loop at the end keeps answering the Extensions API.
# Code that needs bash runs under bash only:
# shellcheck disable=SC3003,SC3025,SC3028,SC3040,SC3044,SC3045
set -u
spawned_at=${EPOCHREALTIME-}

if [ -n "${BASH_VERSION-}" ]; then
  # In posix mode a failed redirection of `exec` ends the shell.
  set +o posix
elif [ -x /bin/bash ]; then
  unset BASH_ENV
  exec /bin/bash "$0"
fi

name=${0##*/}
runtime_api=${AWS_LAMBDA_RUNTIME_API-}
runtime_api=${runtime_api#http://}
runtime_api=${runtime_api%/}
identifier='' registration='' registered_at=''
carriage_return='' eol=''

# Prints a line as diagnostics-writer.ts does.
complain() {
  printf '{"level":"error","message":"%s","extension":"lambda-otlp"}\n' "$1" >&2
}

# Reads one line of the answer into $line, without its CR, before $deadline (in $SECONDS; 0: no deadline).
read_line() {
  if [ "$deadline" -eq 0 ]; then
    IFS= read -r line <&3 || return 1
  else
    left=$((deadline - SECONDS))
    [ "$left" -gt 0 ] || return 1
    IFS= read -r -t "$left" line <&3 || return 1
  fi
  line=${line%"$carriage_return"}
}

# Sends request $1 and reads $status, $found_identifier and $body; fails unless the head is complete.
# Runs under bash only: https://www.gnu.org/software/bash/manual/html_node/Redirections.html
exchange() {
  status='' found_identifier='' body='' length='' chunked=''
  deadline=$2
  host=${runtime_api%:*} port=80
  case $runtime_api in *:*) port=${runtime_api##*:} ;; esac
  case $host in '['*']') host=${host#'['} && host=${host%']'} ;; esac
  { exec 3<>"/dev/tcp/$host/$port"; } 2>/dev/null || return 1
  { printf '%s' "$1" >&3 && read_answer; } 2>/dev/null
  outcome=$?
  exec 3>&-
  return "$outcome"
}

read_answer() {
  read_line || return 1
  case $line in HTTP/1.[01]' '*) status=${line#* } && status=${status%% *} ;; *) return 1 ;; esac
  headers=0
  while read_line && [ "$headers" -lt 64 ]; do
    headers=$((headers + 1))
    value=${line#*:} && value=${value#"${value%%[! ]*}"} && value=${value%"${value##*[! ]}"}
    # nocasematch is on, because header names are not case-sensitive.
    case $line in
      '') read_body && return 0 ;;
      lambda-extension-identifier:*) found_identifier=$value ;;
      content-length:*) length=$value ;;
      transfer-encoding:*chunked*) chunked=yes ;;
    esac
  done
  return 1
}

# Reads a body of at most 99,999 bytes. If it does not arrive whole, only what it says about the function is missing.
read_body() {
  if [ -n "$chunked" ]; then
    read_line || return 0
    case $line in '' | *[!0-9A-Fa-f]*) return 0 ;; esac
    [ "${#line}" -lt 6 ] && length=$((0x$line))
  fi
  case $length in '' | *[!0-9]*) return 0 ;; esac
  [ "$length" -gt 0 ] && [ "${#length}" -lt 6 ] || return 0
  wait_for=$((deadline - SECONDS))
  [ "$deadline" -ne 0 ] || wait_for=5
  [ "$wait_for" -gt 0 ] || return 0
  # Content-Length counts bytes; -N counts characters of the locale.
  LC_ALL=C read -r -N "$length" -t "$wait_for" body <&3 || :
}

# POST /register (Extensions API, 2020-01-01). Fails if there is no valid answer within two seconds.
register() {
  [ -n "$runtime_api" ] || return 1
  events=$1
  payload='{"events":['$events']}'
  exchange "POST /2020-01-01/extension/register HTTP/1.1${eol}Host: ${runtime_api}${eol}\
Lambda-Extension-Name: ${name}${eol}Lambda-Extension-Accept-Feature: accountId${eol}\
Content-Type: application/json${eol}Content-Length: ${#payload}${eol}Connection: close${eol}${eol}\
${payload}" $((SECONDS + 2)) || return 1
  [ "$status" = 200 ] || return 1
  case $found_identifier in '' | *[![:graph:]]*) return 1 ;; esac
  identifier=$found_identifier registration=$body registered_at=${EPOCHREALTIME-}
}

if [ -n "${BASH_VERSION-}" ] && [ "${BASH_VERSION%%.*}" -ge 4 ]; then
  carriage_return=$'\r' eol=$'\r\n'
  shopt -s execfail nocasematch
  trap '' PIPE
  if [ "${AWS_LAMBDA_INITIALIZATION_TYPE-}" = lambda-managed-instances ]; then
    register '"SHUTDOWN"'
  else
    register '"INVOKE","SHUTDOWN"'
  fi
  trap - PIPE
fi

# The folder of the program, ../lambda-otlp beside this file; a link to this file is followed.
find_program() {
  case $0 in */*) folder=${0%/*} ;; *) folder=. ;; esac
  program=$folder/../lambda-otlp
  if [ ! -e "$program/main.js" ] && [ -L "$0" ]; then
    target=$(readlink -f "$0") && program=${target%/*}/../lambda-otlp
  fi
}

# True for an executable that is not known to be older than Node 18.19. The header files that are
# installed with Node tell its version without the cost of running it.
is_usable_node() {
  [ -f "$1" ] && [ -x "$1" ] || return 1
  case $1 in */bin/node) header=${1%/bin/node}/include/node/node_version.h ;; *) return 0 ;; esac
  [ -r "$header" ] || return 0
  major=18 minor=19
  while read -r directive macro value _; do
    [ "$directive" = '#define' ] || continue
    case $macro in
      NODE_MAJOR_VERSION) major=$value ;;
      NODE_MINOR_VERSION) minor=$value && break ;;
    esac
  done <"$header"
  [ "$major" -gt 18 ] 2>/dev/null || { [ "$major" = 18 ] && [ "$minor" -ge 19 ]; } 2>/dev/null
}

# The function's --import, preloads and debug options (NODE_OPTIONS, NODE_PATH, ...) are not for the extension.
forget_node_variables() {
  if [ -n "${BASH_VERSION-}" ]; then
    # In eval, because dash could not parse this expansion.
    eval 'unset -v "${!NODE_@}"'
    return
  fi
  newline='
'
  saved_ifs=$IFS
  IFS=$newline
  set -f
  for line in $(export -p); do
    variable=${line#export }
    variable=${variable%%=*}
    case $variable in
      *[!A-Za-z0-9_]*) ;;
      NODE_*) unset "$variable" ;;
    esac
  done
  set +f
  IFS=$saved_ifs
}

# Polls /event/next until SHUTDOWN, so that the function works although the extension cannot run.
idle() {
  failures=0
  while [ "$failures" -lt 5 ]; do
    if exchange "GET /2020-01-01/extension/event/next HTTP/1.1${eol}Host: ${runtime_api}${eol}\
Lambda-Extension-Identifier: ${identifier}${eol}Connection: close${eol}${eol}" 0 &&
      [ "$status" = 200 ]; then
      failures=0
      case $body in *'"eventType"'*'"SHUTDOWN"'*) exit 0 ;; esac
    else
      failures=$((failures + 1))
      sleep 0.2 2>/dev/null
    fi
  done
  complain 'event/next: expected status 200, got none in 5 attempts; exiting'
  exit 1
}

# Starts Node; returns only if this Node cannot be started.
start() {
  is_usable_node "$1" || return 1
  # No other V8 flag: they change V8's flag hash, and Node rejects its built-in code cache.
  set -- "$1" --v8-pool-size=0 "$program/main.js"
  if [ -n "${BASH_VERSION-}" ]; then
    exec "$@"
    return 1
  fi
  # If exec failed it would end this shell, and with it the function.
  "$@" &
  child=$!
  trap 'kill -TERM "$child" 2>/dev/null' TERM INT
  # A trapped signal ends a wait early.
  until
    wait "$child"
    outcome=$?
    ! kill -0 "$child" 2>/dev/null
  do :; done
  [ "$outcome" -eq 126 ] || [ "$outcome" -eq 127 ] || exit "$outcome"
}

find_program
# Node would read the file at every start and print a warning if it cannot.
if [ -n "${NODE_EXTRA_CA_CERTS-}" ]; then
  export LAMBDA_OTLP_NODE_EXTRA_CA_CERTS="${LAMBDA_OTLP_NODE_EXTRA_CA_CERTS:-$NODE_EXTRA_CA_CERTS}"
fi
forget_node_variables
# For glibc: otherwise every thread on which V8 compiles gets an arena of its own, which is never freed.
export MALLOC_ARENA_MAX="${MALLOC_ARENA_MAX:-1}"
# For glibc, too. This is its default, but once set it stays. Otherwise the first large block that is freed, such as
# the text of the program, raises it, and memory that compilation has freed is kept.
export MALLOC_TRIM_THRESHOLD_="${MALLOC_TRIM_THRESHOLD_:-131072}"
export LAMBDA_OTLP_EXTENSION_NAME="$name" LAMBDA_OTLP_EXTENSION_ID="$identifier"
export LAMBDA_OTLP_REGISTRATION="$registration"
export LAMBDA_OTLP_SPAWNED_AT="$spawned_at" LAMBDA_OTLP_REGISTERED_AT="$registered_at"

if [ -f "$program/main.js" ]; then
  # The runtime's own Node first: the function has its pages in memory anyway.
  start /var/lang/bin/node
  saved_ifs=$IFS
  IFS=:
  set -f
  for folder in ${PATH-}; do
    IFS=$saved_ifs
    start "${folder:-.}/node"
  done
fi

complain 'no program or no usable Node.js: expected 18.19 or later as /var/lang/bin/node or in PATH, got none; the function runs without telemetry'
if [ -n "$eol" ]; then
  trap '' PIPE
  [ -n "$identifier" ] || register '"SHUTDOWN"'
  [ -z "$identifier" ] || idle
fi
exit 1
