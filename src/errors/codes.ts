/**
 * Every error code of Darkroom, in one place. A code is stable: clients branch on it, so it is never renamed or reused.
 * `status` is the HTTP status where the error leaves over plain HTTP; `retryable` says whether the same request can
 * succeed later without being changed. A test holds this table and docs/errors.md equal.
 */
export const ERROR_CODES = {
  // What the caller sent
  BAD_INPUT: { status: 400, retryable: false, meaning: 'An argument has a value that cannot be used.' },
  PROMPT_EMPTY: { status: 400, retryable: false, meaning: 'The prompt, question or instruction has no text.' },
  PROMPT_TOO_LONG: { status: 400, retryable: false, meaning: 'The text is longer than the model can read.' },
  SIZE_OUT_OF_LIMITS: { status: 400, retryable: false, meaning: 'Width or height is outside the model limits.' },
  STEPS_OUT_OF_LIMITS: {
    status: 400,
    retryable: false,
    meaning: 'The number of inference steps is outside the limits.',
  },
  NOT_FOUND: { status: 404, retryable: false, meaning: 'No object has this id.' },
  MODEL_NOT_FOUND: { status: 404, retryable: false, meaning: 'This gateway serves no model with this id.' },
  CAPABILITY_MISSING: { status: 400, retryable: false, meaning: 'The model or plugin cannot do what was asked.' },
  IDEMPOTENCY_CONFLICT: { status: 409, retryable: false, meaning: 'The idempotency key was used with another input.' },
  TASK_ENDED: { status: 409, retryable: false, meaning: 'The task has already ended.' },
  TASK_NOT_RETRYABLE: { status: 409, retryable: false, meaning: 'The task cannot be retried.' },
  IN_USE: { status: 409, retryable: false, meaning: 'An unfinished task or a message still uses the object.' },
  CURSOR_INVALID: { status: 400, retryable: false, meaning: 'The cursor was not made by this gateway.' },

  // Pictures and uploads
  IMAGE_UNREADABLE: { status: 415, retryable: false, meaning: 'The bytes are not a picture that can be read.' },
  IMAGE_TOO_LARGE: { status: 413, retryable: false, meaning: 'The picture has more pixels than the limit.' },
  UPLOAD_TOO_LARGE: { status: 413, retryable: false, meaning: 'The upload has more bytes than the limit.' },
  UPLOAD_NOT_FOUND: { status: 404, retryable: false, meaning: 'No finished upload has this id.' },
  URL_EXPIRED: { status: 403, retryable: false, meaning: 'The signed address has expired or was altered.' },
  RANGE_INVALID: { status: 416, retryable: false, meaning: 'Nothing of the file lies in the range of bytes.' },

  // Requests as a whole
  QUERY_TOO_COMPLEX: {
    status: 400,
    retryable: false,
    meaning: 'The query exceeds a limit on depth, aliases, tokens or cost.',
  },
  REQUEST_TOO_LARGE: { status: 413, retryable: false, meaning: 'The body or message is larger than the limit.' },
  OPERATION_NOT_TRUSTED: {
    status: 403,
    retryable: false,
    meaning: 'This gateway answers trusted operations only, and this is none.',
  },
  ORIGIN_REFUSED: { status: 403, retryable: false, meaning: 'A page of another origin may not use this gateway.' },

  // Plugins and bundles
  BUNDLE_MISSING: { status: 500, retryable: false, meaning: 'A model bundle or one of its files is not there.' },
  BUNDLE_DAMAGED: { status: 500, retryable: false, meaning: 'A bundle file differs from what its manifest says.' },
  BUNDLE_INVALID: { status: 500, retryable: false, meaning: 'A bundle manifest cannot be used.' },
  SPACE_MISMATCH: { status: 500, retryable: false, meaning: 'Two plugins do not share an embedding space.' },
  SHAPE_MISMATCH: { status: 500, retryable: false, meaning: 'A tensor has another shape or type than was wanted.' },
  INFERENCE_FAILED: { status: 500, retryable: true, meaning: 'A forward pass failed.' },
  PLUGIN_INVALID: { status: 500, retryable: false, meaning: 'A plugin does not follow the contract.' },
  PLUGIN_VERSION: { status: 500, retryable: false, meaning: 'Gateway and plugin speak no common API version.' },
  PLUGIN_FORBIDDEN: { status: 502, retryable: false, meaning: 'A plugin elsewhere does not take the token.' },
  PLUGIN_CHANGED: { status: 500, retryable: false, meaning: 'A plugin is not the one that was locked.' },
  PLUGIN_FAILED: { status: 502, retryable: true, meaning: 'A plugin answered with an error.' },
  PLUGIN_UNAVAILABLE: { status: 503, retryable: true, meaning: 'A plugin host is not running.' },
  PLUGIN_TIMEOUT: { status: 504, retryable: true, meaning: 'A plugin did not answer in time.' },

  // Servers behind plugins
  ENGINE_UNAVAILABLE: { status: 503, retryable: true, meaning: 'The server behind a plugin is away or too busy.' },
  ENGINE_TIMEOUT: { status: 504, retryable: true, meaning: 'The server behind a plugin did not answer in time.' },
  ENGINE_FAILED: { status: 502, retryable: true, meaning: 'The server behind a plugin failed.' },
  ENGINE_REFUSED: { status: 502, retryable: false, meaning: 'The server behind a plugin refused the request.' },
  ENGINE_FORBIDDEN: { status: 502, retryable: false, meaning: 'The server behind a plugin does not take the key.' },
  ENGINE_ANSWER_INVALID: {
    status: 502,
    retryable: false,
    meaning: 'The server behind a plugin answers what cannot be used.',
  },
  ENGINE_ADDRESS_REFUSED: {
    status: 502,
    retryable: false,
    meaning: 'A plugin was led to an address that its options do not allow.',
  },

  // Models and hubs
  MODEL_BUSY: { status: 409, retryable: true, meaning: 'Another process is working on the model.' },
  MODEL_EXISTS: { status: 409, retryable: false, meaning: 'The models folder has something else under this name.' },
  MODEL_DAMAGED: { status: 500, retryable: false, meaning: 'A file of a pulled model is missing or was changed.' },
  HUB_NOT_FOUND: { status: 404, retryable: false, meaning: 'The hub has no such repository, revision or file.' },
  HUB_FORBIDDEN: { status: 403, retryable: false, meaning: 'The hub does not give the repository to this user.' },
  HUB_UNAVAILABLE: { status: 502, retryable: true, meaning: 'The hub cannot be reached, or keeps failing.' },
  HUB_ANSWER_INVALID: { status: 502, retryable: false, meaning: 'The hub answers what cannot be used or is refused.' },
  DOWNLOAD_DAMAGED: { status: 502, retryable: true, meaning: 'A fetched file is not what the hub lists.' },

  // The gateway itself
  CANCELLED: { status: 499, retryable: false, meaning: 'The work was cancelled.' },
  LEASE_LOST: { status: 409, retryable: true, meaning: 'Another runner has taken the task.' },
  CONFIG_INVALID: { status: 500, retryable: false, meaning: 'The configuration cannot be used.' },
  PORT_IN_USE: { status: 500, retryable: false, meaning: 'Another program listens on the port.' },
  STORAGE_FULL: { status: 507, retryable: true, meaning: 'The disk is full.' },
  STORAGE_FAILED: { status: 500, retryable: true, meaning: 'Database or blob folder could not be read or written.' },
  SHUTTING_DOWN: { status: 503, retryable: true, meaning: 'The gateway is stopping and takes no new work.' },
  INTERNAL: { status: 500, retryable: false, meaning: 'A fault of the gateway; the log has the details.' },
} as const satisfies Record<string, { status: number; retryable: boolean; meaning: string }>;

/** A stable error code; see docs/errors.md. */
export type ErrorCode = keyof typeof ERROR_CODES;
