// Original file: schema/plugin/v1/plugin.proto


export interface CloseRequestInput {
}

export interface CloseRequest {
}
