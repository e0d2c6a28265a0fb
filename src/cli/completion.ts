// The completion scripts of three shells, from the shape of the command line. Each holds everything it needs: completing
// starts no process. Pure.

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

export interface OptionShape {
  /** With its dashes. */
  readonly name: string;
  readonly description: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
  readonly takesFile: boolean;
}

export interface CommandShape {
  /** Words that lead to it: `enterprise create`; '' for the program itself. */
  readonly path: string;
  readonly commands: readonly (readonly [name: string, description: string])[];
  readonly options: readonly OptionShape[];
  /** What its arguments may be, if that is a closed set. */
  readonly choices: readonly string[];
  readonly takesFile: boolean;
}

export function completionScript(shell: Shell, program: string, commands: readonly CommandShape[]): string {
  return SCRIPTS[shell](program, commands);
}

const SCRIPTS = { bash: bashScript, zsh: zshScript, fish: fishScript } as const;

/** In single quotes, where only they mean anything. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Patterns of a `case` that follows words to the command they lead to. */
function pathPattern(commands: readonly CommandShape[]): string {
  return commands
    .filter(({ path }) => path !== '')
    .map(({ path }) => quoted(path))
    .join('|');
}

/** Values that options take: command and option in one word, and what stands for them. */
function valueCases(commands: readonly CommandShape[], valuesOf: (option: OptionShape) => string): string {
  const cases = commands.flatMap(({ path, options }) =>
    options
      .filter(({ takesValue }) => takesValue)
      .map((option) => `    ${quoted(`${path} ${option.name}`)}) ${valuesOf(option)} return ;;`),
  );
  return cases.join('\n');
}

function bashScript(program: string, commands: readonly CommandShape[]): string {
  const words = (list: readonly string[]): string => `COMPREPLY=($(compgen -W ${quoted(list.join(' '))} -- "$word"));`;
  const files = 'compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$word"));';
  const cases = commands.map(({ path, commands: below, options, choices, takesFile }) => {
    const named = words([...below.map(([name]) => name), ...choices]);
    return `    ${quoted(path)}) if [[ $word == -* ]]; then ${words(options.map(({ name }) => name))} else ${takesFile ? files : named} fi ;;`;
  });
  return `# Completion of ${program} for bash: source <(${program} completion bash)
_${program}() {
  local word=\${COMP_WORDS[COMP_CWORD]} at= i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    case "\${at:+$at }\${COMP_WORDS[i]}" in
    ${pathPattern(commands)}) at="\${at:+$at }\${COMP_WORDS[i]}" ;;
    esac
  done
  case "$at \${COMP_WORDS[COMP_CWORD-1]}" in
${valueCases(commands, ({ choices, takesFile }) => (takesFile ? files : words(choices)))}
  esac
  case "$at" in
${cases.join('\n')}
  esac
}
complete -F _${program} ${program}`;
}

function zshScript(program: string, commands: readonly CommandShape[]): string {
  const described = (pairs: readonly (readonly [string, string])[]): string =>
    pairs.map(([name, description]) => quoted(`${name.replaceAll(':', '\\:')}:${description}`)).join(' ');
  const cases = commands.map(({ path, commands: below, options, choices, takesFile }) => {
    const named = described([...below, ...choices.map((choice) => [choice, ''] as const)]);
    const flags = described(options.map(({ name, description }) => [name, description]));
    return `    ${quoted(path)}) options=(${flags}) words_here=(${named}) ${takesFile ? 'takes_file=1 ' : ''};;`;
  });
  return `#compdef ${program}
# Completion of ${program} for zsh: source <(${program} completion zsh), after compinit.
_${program}() {
  local at= i takes_file=
  local -a options words_here
  for ((i = 2; i < CURRENT; i++)); do
    case "\${at:+$at }\${words[i]}" in
    (${pathPattern(commands)}) at="\${at:+$at }\${words[i]}" ;;
    esac
  done
  case "$at \${words[CURRENT-1]}" in
${valueCases(commands, ({ choices, takesFile }) => (takesFile ? '_files;' : `compadd -- ${choices.map(quoted).join(' ')};`))}
  esac
  case "$at" in
${cases.join('\n')}
  esac
  if [[ \${words[CURRENT]} == -* ]]; then _describe option options
  elif [[ -n $takes_file ]]; then _files
  elif (( $#words_here )); then _describe command words_here
  fi
}
compdef _${program} ${program}`;
}

function fishScript(program: string, commands: readonly CommandShape[]): string {
  const lines = commands.flatMap(({ path, commands: below, options, choices, takesFile }) => {
    const here = `complete -c ${program} -n ${quoted(`__${program}_at ${quoted(path)}`)}`;
    return [
      ...below.map(([name, description]) => `${here} -a ${quoted(name)} -d ${quoted(description)}`),
      ...choices.map((choice) => `${here} -a ${quoted(choice)}`),
      ...(takesFile ? [`${here} -F`] : []),
      ...options.map((option) => `${here} ${fishOption(option)}`),
    ];
  });
  return `# Completion of ${program} for fish: into ~/.config/fish/completions/${program}.fish
function __${program}_at
  set -l at
  for word in (commandline -opc)[2..]
    contains -- (string join -- ' ' $at $word) ${pathPattern(commands).replaceAll('|', ' ')}; and set -a at $word
  end
  test "$at" = "$argv[1]"
end
complete -c ${program} -f
${lines.join('\n')}`;
}

function fishOption({ name, description, takesValue, choices, takesFile }: OptionShape): string {
  const long = `-l ${name.replace(/^--/, '')} -d ${quoted(description)}`;
  if (!takesValue) return long;
  if (takesFile) return `${long} -r -F`;
  return `${long} -x${choices.length === 0 ? '' : ` -a ${quoted(choices.join(' '))}`}`;
}
