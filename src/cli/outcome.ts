/**
 * How commands that answer a question end: 0 for yes, 1 for no, 2 where they could not find out.
 *
 * As with `grep` and `cmp`, so that a script can tell a refusal from a relay that is not there.
 */

/** The exit code of a command whose question has no answer, or that was asked wrongly. */
export const EXIT_UNABLE = 2;

/** Why a command cannot find out; its message is for whoever called it. */
export class Unable extends Error {}

/** Runs a command to its exit code; where it is unable it says why and ends with 2. */
export async function answered(command: () => Promise<number> | number): Promise<number> {
  try {
    return await command();
  } catch (error) {
    if (!(error instanceof Unable)) throw error;
    console.error(`headkeeper: ${error.message}`);
    return EXIT_UNABLE;
  }
}
