// Original file: schema/plugin/v1/plugin.proto


export interface HandshakeRequestInput {
  /**
   * The versions that the gateway speaks, newest first, for instance "1".
   */
  'apiVersions'?: (string)[];
  /**
   * The plugin's options from the operator's configuration, as one JSON value; the plugin validates them.
   */
  'optionsJson'?: (string);
}

export interface HandshakeRequest {
  /**
   * The versions that the gateway speaks, newest first, for instance "1".
   */
  'apiVersions': (string)[];
  /**
   * The plugin's options from the operator's configuration, as one JSON value; the plugin validates them.
   */
  'optionsJson': (string);
}
