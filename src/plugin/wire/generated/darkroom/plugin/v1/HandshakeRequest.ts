// Original file: schema/plugin/v1/plugin.proto


export interface HandshakeRequestInput {
  /**
   * The versions that the gateway speaks, newest first, for instance "1".
   */
  'apiVersions'?: (string)[];
  /**
   * The plugin's options from the operator's configuration, as one JSON value; the plugin validates them. Empty from a
   * gateway that finds the process running elsewhere: whoever started it has given the options. A process that has
   * none yet refuses with PLUGIN_UNAVAILABLE, which is tried again.
   */
  'optionsJson'?: (string);
  /**
   * Absolute folder from which relative paths in the options count: that of the operator's configuration file. Empty:
   * the process's working folder.
   */
  'optionsFolder'?: (string);
  /**
   * Absolute folder in which the gateway keeps models. Empty: there is none.
   */
  'modelsFolder'?: (string);
}

export interface HandshakeRequest {
  /**
   * The versions that the gateway speaks, newest first, for instance "1".
   */
  'apiVersions': (string)[];
  /**
   * The plugin's options from the operator's configuration, as one JSON value; the plugin validates them. Empty from a
   * gateway that finds the process running elsewhere: whoever started it has given the options. A process that has
   * none yet refuses with PLUGIN_UNAVAILABLE, which is tried again.
   */
  'optionsJson': (string);
  /**
   * Absolute folder from which relative paths in the options count: that of the operator's configuration file. Empty:
   * the process's working folder.
   */
  'optionsFolder': (string);
  /**
   * Absolute folder in which the gateway keeps models. Empty: there is none.
   */
  'modelsFolder': (string);
}
