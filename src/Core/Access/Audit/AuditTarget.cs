namespace Gatehouse.Access.Audit;

/// <summary>What a call is about, as far as it is known.</summary>
/// <param name="Application">The application; null for none, or for one that is not created yet.</param>
/// <param name="Subject">The part of the application, such as a token; null for the whole.</param>
/// <param name="Label">The label of the token's lease; null for none.</param>
public readonly record struct AuditTarget(AppId? Application = null, AuditSubject? Subject = null, string? Label = null);
