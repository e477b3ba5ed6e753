/**
 * How a test says that it has nothing to say.
 */

/** Thrown when the relay never gets to the point that a test is about. */
export class Untested extends Error {}
